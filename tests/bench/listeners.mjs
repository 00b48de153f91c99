// Listeners of /events by the hundred, as little of a client as can be, so that the server is what is measured.
//
//   node listeners.mjs BASE KEY COUNT          listen, print "ready", then one line for each line on standard input:
//     count      how many events (data: lines) all listeners have had since the last count, and in how many ms
//     pids       nothing else: the input's end closes them
//
// Sockets are read and the "\ndata:" in them counted; nothing is parsed.
import net from "node:net";
import readline from "node:readline";

const [base, key, countText] = process.argv.slice(2);
const { hostname, port } = new URL(base);
const count = Number(countText);
const needle = Buffer.from("\ndata: ");
let events = 0;
let since = performance.now();
let ready = 0;

function listen() {
    return new Promise((resolve, reject) => {
        const socket = net.connect(Number(port), hostname);
        let tail = Buffer.alloc(0);
        let greeted = false;
        socket.on("error", reject);
        socket.on("data", (piece) => {
            const bytes = tail.length ? Buffer.concat([tail, piece]) : piece;
            for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
                if (greeted)
                    events++;
                else if (++ready) {
                    greeted = true;
                    resolve(socket);
                }
            }
            tail = bytes.subarray(Math.max(0, bytes.length - needle.length + 1));
        });
        socket.write(`GET /events HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${key}\r\n\r\n`);
    });
}

const sockets = [];
for (let i = 0; i < count; i += 50)
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, count - i) }, listen))));
console.log("ready");
for await (const line of readline.createInterface({ input: process.stdin })) {
    const now = performance.now();
    if (line === "count")
        console.log(`${events} ${Math.round(now - since)}`);
    events = 0;
    since = now;
}
for (const socket of sockets)
    socket.destroy();
