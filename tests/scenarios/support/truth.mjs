// The same facts from both sides, in one form, so that they can be compared.
import { MADE_UP } from "./twilio.mjs";

const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);
const bySid = (a, b) => (a.sid < b.sid ? -1 : 1);

/* REST says queued until it rings, callbacks say initiated: neither is wrong. */
const earlyAsOne = (status) => (status === "queued" || status === "initiated" || status === "" ? "early" : status);

function leg(sid, parent, status, duration) {
    return { sid, parent: parent || null, status: earlyAsOne(status), duration: OVER.has(status) ? Math.max(duration, 0) : null };
}

export async function simulatedLegs(world) {
    const legs = await world.sim.legs();
    return legs.map((one) => leg(one.call_sid, one.parent_call_sid, one.status, one.duration)).sort(bySid);
}

/** What the store holds, but for calls whose webhooks a scenario made up by hand, and those that were erased on both sides. */
export function storedLegs(world) {
    const roots = world.sqlite("SELECT root_sid AS sid, NULL AS parent, status, duration_s AS duration FROM calls WHERE root_sid IS NOT NULL AND erased_at = 0");
    const children = world.sqlite("SELECT sid, parent_sid AS parent, status, duration_s AS duration FROM legs WHERE call_number NOT IN (SELECT number FROM calls WHERE erased_at <> 0)");
    return [...roots, ...children]
        .filter(({ sid }) => !sid.startsWith(`CA${MADE_UP}`))
        .map((row) => leg(row.sid, row.parent, row.status, row.duration))
        .sort(bySid);
}

export async function simulatedRecordings(world) {
    const recordings = await world.sim.recordings();
    return recordings.map(({ sid, call_sid: call, status, duration }) => ({ sid, call, status, duration, stored: true })).sort(bySid);
}

export function storedRecordings(world) {
    return world
        .sqlite("SELECT sid, call_sid AS call, status, duration_s AS duration, media = 'stored' AS stored FROM recordings")
        .map((row) => ({ ...row, stored: row.stored === 1 }))
        .sort(bySid);
}
