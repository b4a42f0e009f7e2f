// A clock that goes on while the page is hidden, where a page's own timers are slowed down: it is told how many
// milliseconds to leave between ticks.

let timer = 0;

onmessage = ({ data: every }) => {
  clearInterval(timer);
  timer = setInterval(() => postMessage(0), every);
};
