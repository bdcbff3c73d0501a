// The poster's page: asks for the position when the button is pressed, waits for it a little, and checks in without one otherwise.
(function () {
  "use strict";
  const form = document.getElementById("check-in");
  const said = document.getElementById("locating");
  const button = form.querySelector("button");
  let asked = false;

  form.addEventListener("submit", (event) => {
    if (asked || !navigator.geolocation || !window.isSecureContext) return;
    event.preventDefault();
    asked = true;
    button.disabled = true;
    said.textContent = "正在定位，请稍等。";
    const send = () => form.submit();
    navigator.geolocation.getCurrentPosition((found) => {
      form.elements.lat.value = found.coords.latitude;
      form.elements.lng.value = found.coords.longitude;
      send();
    }, send, { enableHighAccuracy: true, timeout: 8000, maximumAge: 60000 });
  });
  // Back from the next page the button works again.
  window.addEventListener("pageshow", () => { asked = false; button.disabled = false; });
})();
