// Counts down a button that may not be pressed yet (data-wait, seconds).
document.querySelectorAll("[data-wait]").forEach((button) => {
  const text = button.querySelector(".wait-text");
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    text.textContent = left > 0 ? ` ${left} 秒` : "";
    if (left <= 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 500);
  tick();
});
