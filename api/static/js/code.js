// A code on a screen is good for minutes: the page shows the next one by itself.

const box = document.getElementById("code");
setTimeout(() => location.reload(), Number(box.dataset.renewAfterS) * 1000);
