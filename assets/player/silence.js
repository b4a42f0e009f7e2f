// Where nobody speaks: stretches of a file that are much quieter than the rest.

const RATE = 8_000;
const FRAME = RATE / 50;
/** Shorter silence is not worth a jump; a little is left before and after speech. All in seconds. */
const SHORTEST = 0.5;
const MARGIN = 0.12;
/** Quieter than this is silence in any file; and so is what stays below this part of its loud frames. */
const FLOOR = 0.0005;
const PART = 0.05;
/** Longer files take too much memory decoded, in seconds. */
const LONGEST = 1_800;

/** The silences of a file, as seconds `{from, to}` in order; none where it cannot be said. */
export async function silences(blob, seconds) {
  if (!(seconds <= LONGEST)) return [];
  const context = new OfflineAudioContext(1, 1, RATE);
  const audio = await context.decodeAudioData(await blob.arrayBuffer()).catch(() => null);
  return audio ? quiet(levels(audio)) : [];
}

/** The loudness of each frame: of its loudest channel, as root mean square. */
function levels(audio) {
  const out = new Float32Array(Math.ceil(audio.length / FRAME));
  for (let channel = 0; channel < audio.numberOfChannels; channel += 1) {
    const samples = audio.getChannelData(channel);
    for (let frame = 0; frame < out.length; frame += 1) {
      const part = samples.subarray(frame * FRAME, (frame + 1) * FRAME);
      const power = part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
      out[frame] = Math.max(out[frame], Math.sqrt(power));
    }
  }
  return out;
}

function quiet(levels) {
  const loud = [...levels].sort((one, other) => one - other)[Math.floor(levels.length * 0.95)] ?? 0;
  const limit = Math.max(FLOOR, loud * PART);
  const found = [];
  let start = 0;
  for (let frame = 0; frame <= levels.length; frame += 1) {
    if (frame < levels.length && levels[frame] < limit) continue;
    const [from, to] = [start / 50 + MARGIN, frame / 50 - MARGIN];
    if ((frame - start) / 50 >= SHORTEST) found.push({ from, to });
    start = frame + 1;
  }
  return found;
}
