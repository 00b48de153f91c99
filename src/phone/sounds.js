// The sounds that the SDK plays. It fetches them when it starts, all of them, and from Twilio's servers unless it is given
// others: three are this server's, the tones of the keys are made here.

const RATE = 8000;
const KEY_S = 0.16;
const LEVEL = 0.2;

// Rows and columns of the keypad in Hz (ITU-T Q.23).
const KEYS = {
    1: [697, 1209], 2: [697, 1336], 3: [697, 1477],
    4: [770, 1209], 5: [770, 1336], 6: [770, 1477],
    7: [852, 1209], 8: [852, 1336], 9: [852, 1477],
    s: [941, 1209], 0: [941, 1336], h: [941, 1477],
};

const SERVED = ["incoming", "outgoing", "disconnect"];

/** A WAV file: 16 bit, mono. */
function wav(samples) {
    const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
    const text = (at, value) => [...value].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
    text(0, "RIFF");
    view.setUint32(4, 36 + samples.length * 2, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, RATE, true);
    view.setUint32(28, RATE * 2, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, samples.length * 2, true);
    samples.forEach((sample, i) => view.setInt16(44 + i * 2, sample * 0x7fff, true));
    return new Blob([view], { type: "audio/wav" });
}

/** Two sines together, with soft edges so that nothing clicks. */
function tone([low, high]) {
    const count = Math.round(RATE * KEY_S);
    return Float32Array.from({ length: count }, (_, i) => {
        const edge = Math.min(1, i / 80, (count - i) / 80);
        const wave = (hz) => Math.sin((2 * Math.PI * hz * i) / RATE);
        return LEVEL * edge * (wave(low) + wave(high));
    });
}

/** The SDK's option `sounds`. */
export function sounds() {
    const served = SERVED.map((name) => [name, new URL(`sounds/${name}.wav`, document.baseURI).href]);
    const tones = Object.entries(KEYS).map(([key, pair]) => [`dtmf${key}`, URL.createObjectURL(wav(tone(pair)))]);
    return Object.fromEntries([...served, ...tones]);
}
