// Draws how many calls there were in the last hour, and how long they took.

const { uPlot } = window;
const figures = document.getElementById('charts');
const REFRESH_MS = 10_000;
const HOUR = 3600;

const seriesOf = {
  calls: [
    { label: 'all', value: ({ calls }) => calls },
    { label: 'without success', value: ({ failures }) => failures },
  ],
  ms: [
    { label: 'on average', value: ({ ms, calls }) => (calls === 0 ? null : ms / calls) },
    { label: 'longest', value: ({ maxMs, calls }) => (calls === 0 ? null : maxMs) },
  ],
};

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The intervals of the last hour, those without calls included. */
function filled({ intervals, seconds }) {
  const known = new Map(intervals.map((interval) => [Math.round(interval.startedAt / 1000), interval]));
  const now = Math.floor(Date.now() / 1000 / seconds) * seconds;
  const none = { calls: 0, failures: 0, unkept: 0, ms: 0, maxMs: 0 };
  return Array.from({ length: HOUR / seconds }, (_, place) => {
    const at = now - HOUR + (place + 1) * seconds;
    return { at, ...(known.get(at) ?? none) };
  });
}

/** What is drawn in each figure. */
const drawn = new Map();

function draw(figure, intervals) {
  const plot = figure.querySelector('.plot');
  const series = seriesOf[figure.dataset.chart];
  const styles = [
    { stroke: colour('accent'), width: 2 },
    { stroke: colour('bad'), width: 2, dash: [4, 3] },
  ];
  const axis = {
    stroke: colour('quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: '11px system-ui',
  };
  const data = [intervals.map(({ at }) => at), ...series.map(({ value }) => intervals.map(value))];
  // It listens to its window until then.
  drawn.get(figure)?.destroy();
  const chart = new uPlot(
    {
      width: plot.clientWidth,
      height: plot.clientHeight,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
      axes: [
        { ...axis, size: 24, space: 60, values: '{HH}:{mm}' },
        { ...axis, size: 44, space: 24 },
      ],
      series: [
        {},
        ...series.map(({ label }, place) => ({
          label,
          spanGaps: true,
          // A moment with calls between others without any is a point.
          points: { show: figure.dataset.chart === 'ms', size: 4 },
          ...styles[place],
        })),
      ],
    },
    data,
    plot,
  );
  drawn.set(figure, chart);
}

/** What the charts show, in words. */
function describe(intervals) {
  const total = (name) => intervals.reduce((sum, interval) => sum + interval[name], 0);
  const calls = total('calls');
  const longest = Math.max(0, ...intervals.map(({ maxMs }) => maxMs));
  const mean = calls === 0 ? 0 : total('ms') / calls;
  const unkept = total('unkept') === 0 ? '' : `; ${total('unkept')} came too fast to be kept`;
  return {
    calls: `${calls} calls in the last hour, ${total('failures')} without success (dashed)${unkept}`,
    ms: `${mean.toFixed(1)} ms a call on average, ${longest.toFixed(1)} ms at most (dashed)`,
  };
}

async function refresh() {
  if (document.hidden) return;
  const response = await fetch(figures.dataset.source).catch(() => undefined);
  if (!response?.ok) return;
  const intervals = filled(await response.json());
  const words = describe(intervals);
  for (const figure of figures.querySelectorAll('.chart')) {
    const text = words[figure.dataset.chart];
    figure.querySelector('figcaption').textContent = text;
    draw(figure, intervals);
  }
}

if (figures) {
  void refresh();
  setInterval(refresh, REFRESH_MS);
  addEventListener('resize', refresh);
  document.addEventListener('visibilitychange', refresh);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', refresh);
}
