# What the page is made of, as `name below /phone/|type|file`; no name is the page itself. Twilio's SDK comes from npm
# (`npm ci` in this folder) and is not part of the tree; without it the page says what to do.
set(assets
    "|text/html|page.html"
    "phone.css|text/css|phone.css"
    "icon.svg|image/svg+xml|icon.svg"
    "main.js|text/javascript|main.js"
    "api.js|text/javascript|api.js"
    "token.js|text/javascript|token.js"
    "device.js|text/javascript|device.js"
    "call.js|text/javascript|call.js"
    "events.js|text/javascript|events.js"
    "history.js|text/javascript|history.js"
    "inbox.js|text/javascript|inbox.js"
    "inbox_view.js|text/javascript|inbox_view.js"
    "player.js|text/javascript|player.js"
    "words.js|text/javascript|words.js"
    "sounds.js|text/javascript|sounds.js"
    "view.js|text/javascript|view.js"
    "simulator.js|text/javascript|simulator.js"
    "twilio.js|text/javascript|node_modules/@twilio/voice-sdk/dist/twilio.min.js"
    "twilio-licence.txt|text/plain|node_modules/@twilio/voice-sdk/LICENSE.md")
