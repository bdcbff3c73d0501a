// The counter by keyboard and scanner gun: focus waits in the code field, a beep and a colour tell the outcome.
(function () {
  "use strict";
  const $ = (id) => document.getElementById(id);
  document.documentElement.classList.add("scripted");

  // A gun types into whatever has focus, so its first key brings the code field back.
  const code = $("id_code");
  const dialog = $("camera");
  const typing = (el) => el && (el.tagName === "TEXTAREA" || el.tagName === "SELECT" || (el.tagName === "INPUT" && !/^(radio|file|checkbox)$/.test(el.type)));
  document.addEventListener("keydown", (event) => {
    const plain = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && code && !typing(document.activeElement) && !(dialog && dialog.open)) {
      code.value = "";
      code.focus();
    }
  });

  const outcome = document.querySelector("[data-outcome]").dataset.outcome;
  const first = document.querySelector("#redeem input[type=radio]:checked") || document.querySelector("#redeem input[type=radio]:enabled");
  const handOver = document.querySelector("#pick-up button, [data-next]");
  if (handOver || first) (handOver || first).focus({ preventScroll: true });
  else if (code && !code.autofocus) code.focus();

  // Two rising tones are good, one low one is a refusal: told apart without looking.
  const tones = { identified: [[880, 0.09]], done: [[880, 0.1], [1320, 0.16]], refused: [[220, 0.4]] }[outcome];
  if (tones && window.AudioContext) {
    const audio = new AudioContext();
    let at = audio.currentTime + 0.02;
    tones.forEach(([pitch, length]) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      volume.gain.value = 0.2;
      tone.frequency.value = pitch;
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + length);
      at += length + 0.03;
    });
  }

  const redeem = $("redeem");
  function showSum() {
    const chosen = redeem.querySelector("input[type=radio]:checked");
    $("math").hidden = !chosen;
    $("math-none").hidden = Boolean(chosen);
    if (!chosen) return;
    $("math-gift").textContent = chosen.dataset.name + " × 1";
    $("math-sum").textContent = chosen.dataset.sum;
  }
  if (redeem) {
    redeem.addEventListener("change", showSum);
    showSum();
  }

  document.querySelectorAll("form").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

  const undos = document.querySelectorAll("[data-undo-left]");
  if (undos.length) {
    setInterval(() => undos.forEach((link) => {
      const left = Math.max(0, Number(link.dataset.undoLeft) - 1);
      link.dataset.undoLeft = left;
      link.textContent = `撤销（余 ${left} 分钟）`;
      link.hidden = left === 0;
    }), 60000);
  }

  // A centre has a gun and no camera.
  if (!dialog) return;
  const image = $("id_image");
  const sendImage = () => image.files.length && image.form.requestSubmit();
  image.addEventListener("change", sendImage);

  // The picture is read by the server: browsers that can read a QR code by themselves are the minority.
  const video = dialog.querySelector("video");
  const opener = $("open-camera");
  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) opener.hidden = false;
  opener.addEventListener("click", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch {
      image.click();
      return;
    }
    dialog.showModal();
    video.play();
    $("snap").focus();
  });
  dialog.addEventListener("close", () => {
    if (video.srcObject) video.srcObject.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  });
  $("close-camera").addEventListener("click", () => dialog.close());
  $("snap").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    if (!canvas.width) return;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      const files = new DataTransfer();
      files.items.add(new File([blob], "code.jpg", { type: "image/jpeg" }));
      image.files = files.files;
      dialog.close();
      sendImage();
    }, "image/jpeg", 0.9);
  });
})();
