// Sound that is stored already: put into the storage and the database by hand, for scenarios about what is done with it.
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A WAV file (8000 Hz, 16 bit, mono) of that many seconds, with a sound that is different each time. */
export function wav(seconds) {
    const data = Buffer.alloc(seconds * 16000);
    randomBytes(64).copy(data);
    for (let i = 64; i < data.length; i += 2)
        data.writeInt16LE(Math.round(8000 * Math.sin(i / (20 + data[i % 64]))), i);
    const head = Buffer.alloc(44);
    head.write("RIFF", 0);
    head.writeUInt32LE(36 + data.length, 4);
    head.write("WAVEfmt ", 8);
    head.writeUInt32LE(16, 16);
    head.writeUInt16LE(1, 20);
    head.writeUInt16LE(1, 22);
    head.writeUInt32LE(8000, 24);
    head.writeUInt32LE(16000, 28);
    head.writeUInt16LE(2, 32);
    head.writeUInt16LE(16, 34);
    head.write("data", 36);
    head.writeUInt32LE(data.length, 40);
    return Buffer.concat([head, data]);
}

/** Change a row from outside, as a job would. */
export function changeRecording(world, sid, values) {
    const quote = (value) => (typeof value === "number" ? String(value) : `'${String(value).replaceAll("'", "''")}'`);
    const set = Object.entries(values)
        .map(([name, value]) => `${name} = ${value === null ? "NULL" : quote(value)}`)
        .join(", ");
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, `.timeout 5000`, `UPDATE recordings SET ${set} WHERE sid = '${sid}';`]);
}

/**
 * A recording of a call that came in, as Twilio tells of it: { sid, id, call }. `call`: of this CallSid.
 */
export async function tellRecording(world, { call = world.sid(), status = "completed", from = "+14155550111", more = {} } = {}) {
    await world.deliver("/webhooks/call-status", { CallSid: call, CallStatus: "in-progress", From: from, To: "+15005550006", Direction: "inbound" });
    const sid = world.sid("RE");
    await world.deliver("/webhooks/recording-status", { CallSid: call, RecordingSid: sid, RecordingStatus: status, RecordingSource: "DialVerb", ...more });
    const { json } = await world.api.get(`/recordings/${sid}`);
    return { sid, id: json.id, call };
}

/** A recording whose sound is here: { sid, id, call, sound, sha256, file }. */
export async function storedRecording(world, how = {}) {
    const { type = "audio/x-wav", sound = wav(2), storedAt = Date.now() } = how;
    const told = await tellRecording(world, { status: "in-progress", ...how });
    const key = `2026/01/31/${told.sid}.wav`;
    const file = path.join(path.dirname(world.env.SWITCHHOOK_DATABASE), "recordings", key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, sound);
    const sha256 = createHash("sha256").update(sound).digest("hex");
    changeRecording(world, told.sid, {
        status: "completed",
        media: "stored",
        media_key: key,
        media_type: type,
        media_bytes: sound.length,
        media_sha256: sha256,
        media_stored_at: storedAt,
    });
    return { ...told, sound, sha256, file };
}
