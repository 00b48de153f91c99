/* Where Twilio's console shows a value, in the words of its menus. */
#ifndef CONFIG_SRC_CONSOLE_H
#define CONFIG_SRC_CONSOLE_H

#define CONSOLE_ACCOUNT "Console > Account Dashboard > Account Info"
#define CONSOLE_AUTH_TOKENS "Console > Account > API keys & tokens > Auth tokens"
#define CONSOLE_API_KEYS "Console > Account > API keys & tokens > Create API key (type Standard)"
#define CONSOLE_API_SECRET                                                                         \
    "shown once, when the API key is created; if it is lost, create another key"
#define CONSOLE_TWIML_APPS "Console > Voice > Manage > TwiML apps"
#define CONSOLE_NUMBERS "Console > Phone Numbers > Manage > Active numbers"
#define CONSOLE_PUSH "Console > Account > Credentials > Push Credentials"
#define CONSOLE_TASKROUTER "Console > TaskRouter > Workspaces"

#endif
