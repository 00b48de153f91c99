/* Options: the account at Twilio, and the addresses under which Twilio calls us. */
#include "config/load.h"
#include "console.h"
#include "core/macros.h"
#include "groups.h"

static const struct option account[] = {
    OPTION(.name = "TWILIO_ACCOUNT_SID",
           SID(twilio.account_sid, "AC"),
           .needed_for = CONFIG_NEEDS_ACCOUNT,
           .where = CONSOLE_ACCOUNT,
           .about = "The account that calls are made in and paid by."),
    OPTION(.name = "TWILIO_AUTH_TOKEN",
           SECRET(twilio.auth_token),
           .needed_for = CONFIG_NEEDS_SIGNATURES,
           .reloadable = true,
           .where = CONSOLE_ACCOUNT,
           .about = "Signs Twilio's webhooks; without it nobody can tell them from forgeries."),
    OPTION(.name = "TWILIO_AUTH_TOKEN_SECONDARY",
           SECRET(twilio.auth_token_secondary),
           .reloadable = true,
           .where = CONSOLE_AUTH_TOKENS,
           .about = "The other auth token while you rotate them; webhooks signed with either are "
                    "taken."),
    OPTION(.name = "TWILIO_API_KEY_SID",
           SYNONYMS("TWILIO_API_KEY"),
           SID(twilio.api_key_sid, "SK"),
           .needed_for = CONFIG_NEEDS_API_KEY,
           .reloadable = true,
           .where = CONSOLE_API_KEYS,
           .about = "The API key that access tokens and REST requests are made with."),
    OPTION(.name = "TWILIO_API_KEY_SECRET",
           SYNONYMS("TWILIO_API_SECRET"),
           SECRET(twilio.api_key_secret),
           .needed_for = CONFIG_NEEDS_API_KEY,
           .reloadable = true,
           .where = CONSOLE_API_SECRET,
           .about = "The secret of that API key."),
    OPTION(.name = "TWILIO_TWIML_APP_SID",
           SYNONYMS("TWILIO_APPLICATION_SID"),
           SID(twilio.twiml_app_sid, "AP"),
           .needed_for = CONFIG_NEEDS_TWIML_APP,
           .where = CONSOLE_TWIML_APPS,
           .about = "The TwiML App that browsers place their calls through."),
    OPTION(.name = "TWILIO_PHONE_NUMBER",
           SYNONYMS("TWILIO_CALLER_NUMBER", "TWILIO_CALLER_ID", "TWILIO_FROM_NUMBER"),
           E164(twilio.phone_number),
           .needed_for = CONFIG_NEEDS_NUMBER,
           .where = CONSOLE_NUMBERS,
           .about =
               "The number that people see when they are called, unless another one is asked for."),
    OPTION(.name = "TWILIO_PUSH_CREDENTIAL_SID",
           SID(twilio.push_credential_sid, "CR"),
           .where = CONSOLE_PUSH,
           .about = "Goes into access tokens of mobile apps, so that calls wake them."),
    OPTION(.name = "TWILIO_REGION",
           NAME(twilio.region),
           .about = "Twilio's region, e.g. ie1 or au1; keys and tokens belong to one region."),
    OPTION(.name = "TWILIO_EDGE",
           NAME(twilio.edge),
           .about = "Where REST requests enter Twilio's network, e.g. dublin or sydney."),
    OPTION(.name = "TWILIO_API_BASE_URL",
           BASE_URL(twilio.api_base_url),
           .fallback_note = "https://api.twilio.com, or by region and edge",
           .about =
               "Where REST requests go; plain http is taken only to this machine (a simulator)."),
};

static const struct option webhooks[] = {
    OPTION(.name = "TWILIO_WEBHOOK_BASE_URL",
           SYNONYMS("BACKEND_URL", "PUBLIC_BASE_URL"),
           BASE_URL(hooks.base),
           .needed_for = CONFIG_NEEDS_PUBLIC_URL,
           .about =
               "Our address as Twilio calls it; signatures are computed over it, so it must be "
               "exactly that, https included."),
    OPTION(.name = "TWILIO_VOICE_WEBHOOK_URL",
           HOOK_URL(hooks.voice),
           .about = "Handed to Twilio for instructions instead of our own address."),
    OPTION(.name = "TWILIO_STATUS_WEBHOOK_URL",
           HOOK_URL(hooks.status),
           .about = "Handed to Twilio for call status instead of our own address."),
    OPTION(.name = "TWILIO_RECORDING_WEBHOOK_URL",
           HOOK_URL(hooks.recording),
           .about = "Handed to Twilio for recording status instead of our own address."),
    OPTION(.name = "TWILIO_TASKROUTER_WEBHOOK_URL",
           HOOK_URL(hooks.taskrouter),
           .about =
               "Where TaskRouter sends its events, as entered in its workspace; signatures are "
               "checked against this address."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_OVERRIDES",
           OVERRIDES(hooks.overrides),
           .fallback = "rc=3&rp=all",
           .reloadable = true,
           .about =
               "Connection overrides appended to every URL we hand to Twilio; the default makes it "
               "repeat what we could not store."),
};

static const struct option taskrouter[] = {
    OPTION(.name = "TWILIO_WORKSPACE_SID",
           SID(twilio.workspace_sid, "WS"),
           .where = CONSOLE_TASKROUTER,
           .about = "Not used yet: the TaskRouter workspace."),
    OPTION(.name = "TWILIO_WORKFLOW_SID",
           SID(twilio.workflow_sid, "WW"),
           .where = CONSOLE_TASKROUTER ", Workflows",
           .about = "Not used yet: the workflow that new tasks will enter."),
    OPTION(.name = "TWILIO_TASK_QUEUE_SID",
           SID(twilio.task_queue_sid, "WQ"),
           .where = CONSOLE_TASKROUTER ", Task queues",
           .about = "Not used yet: the task queue."),
};

const struct option_group group_account = {
    "The account at Twilio",
    "Shown by Twilio's console. None of this belongs into a browser.",
    account,
    ARRAY_LEN(account),
};

const struct option_group group_webhooks = {
    "How Twilio reaches us",
    "Twilio must be able to call this address from the internet. Usually the first line is enough.",
    webhooks,
    ARRAY_LEN(webhooks),
};

const struct option_group group_taskrouter = {
    "TaskRouter",
    "Only for applications that use TaskRouter.",
    taskrouter,
    ARRAY_LEN(taskrouter),
};
