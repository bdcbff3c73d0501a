// Asks the telephone where it is and loads the page again with ?near=lat,lng; a list of streets sends itself.
document.documentElement.classList.add("scripted");
(() => {
  const status = document.querySelector("[data-near-status]");
  const say = (text) => {
    status.textContent = text;
    status.hidden = !text;
  };
  const here = ({ coords }) => {
    const address = new URL(location.href);
    // Four decimals are ten metres: enough to find a station, and no more than that leaves the telephone.
    address.searchParams.set("near", `${coords.latitude.toFixed(4)},${coords.longitude.toFixed(4)}`);
    address.searchParams.delete("page");
    location.assign(address);
  };
  const nowhere = (error) => {
    const refused = error && error.code === 1;
    const street = document.querySelector("#id_street");
    say(`${refused ? "没有定位权限" : "暂时定不了位"}，${street ? "请选街道来找。" : "请看下面按街道排的列表。"}`);
    if (street) street.focus();
  };
  for (const button of document.querySelectorAll("[data-near]")) {
    button.addEventListener("click", () => {
      if (!navigator.geolocation) return nowhere();
      say("正在定位…");
      navigator.geolocation.getCurrentPosition(here, nowhere, { timeout: 10000, maximumAge: 60000 });
    });
  }
  for (const list of document.querySelectorAll("select[data-sends]")) {
    list.addEventListener("change", () => list.form.requestSubmit());
  }
})();
