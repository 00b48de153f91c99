/*
 * Where Twilio's console shows a value. The console's menus were rearranged in 2026 and the older
 * one can still be reached, so pages are named rather than ways to them; docs/twilio-setup.md has
 * both ways.
 */
#ifndef CONFIG_SRC_CONSOLE_H
#define CONFIG_SRC_CONSOLE_H

#define CONSOLE_ACCOUNT "Twilio Console, Account Dashboard, Account Info"
#define CONSOLE_AUTH_TOKENS "Twilio Console, API keys & auth tokens"
#define CONSOLE_API_KEYS                                                                           \
    "Twilio Console, API keys & auth tokens, Create API key (Standard, not Restricted)"
#define CONSOLE_API_SECRET                                                                         \
    "shown once, when the API key is created; if it is lost, create another key"
#define CONSOLE_TWIML_APPS "Twilio Console, Voice, TwiML apps"
#define CONSOLE_NUMBERS "Twilio Console, Phone Numbers, Active numbers"
#define CONSOLE_PUSH "Twilio Console, Push credentials"
#define CONSOLE_TASKROUTER "Twilio Console, TaskRouter, Workspaces"

#endif
