// Loaded before Twilio's SDK, and only where switchhook-sim plays Twilio (SWITCHHOOK_PHONE_SIGNALING). The SDK's file stays as
// it is; two things that it finds in the browser are put in front of it.
(() => {
    const signaling = document.currentScript.dataset.signaling;

    // 1. It always writes wss://. The simulator has no certificate, and no network to hide from: ws:// to that host alone.
    const Socket = window.WebSocket;
    window.WebSocket = class extends Socket {
        constructor(url, protocols) {
            const wished = new URL(url, document.baseURI);
            if (wished.protocol === "wss:" && wished.host === signaling)
                wished.protocol = "ws:";
            super(wished.href, ...(protocols === undefined ? [] : [protocols]));
        }
    };

    // 2. It sends its offer or answer at once, without a single ICE candidate: Twilio's gateway has an address of its own and
    // learns the browser's from the first packet. Two browsers would never find each other. So setting a local description
    // lasts until the candidates are in it, and what the SDK reads then is complete.
    const GATHERING_MS = 2000;
    const Peer = window.RTCPeerConnection;
    const gathered = (peer) =>
        new Promise((resolve) => {
            const look = () => {
                if (peer.iceGatheringState === "complete" || peer.signalingState === "closed")
                    resolve();
            };
            peer.addEventListener("icegatheringstatechange", look);
            setTimeout(resolve, GATHERING_MS);
            look();
        });
    window.RTCPeerConnection = class extends Peer {
        async setLocalDescription(...description) {
            await super.setLocalDescription(...description);
            await gathered(this);
        }
    };
})();
