/* switchhook check --online: the settings as Twilio sees them. */
#include <string.h>

#include "check_internal.h"
#include "core/text.h"
#include "net/net.h"
#include "twilio/hooks.h"
#include "twilio/rest_answer.h"
#include "twilio/rest_refusal.h"

struct asking {
    struct check *check;
    struct net *net;
    struct rest_account account;
    struct rest_credentials credentials;
};

static bool is_sentence(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && strchr(".!?", text[len - 1]) != NULL;
}

/* One exchange; false after an error line if there is no good answer. */
static bool ask(struct asking *asking,
                const char *what,
                const struct rest_request *request,
                struct net_answer *out)
{
    struct arena *arena = asking->check->arena;
    struct error err = {0};
    struct net_request wire = {
        .method = request->method,
        .url = request->url,
        .username = asking->credentials.username,
        .password = asking->credentials.password,
    };
    if (net_fetch(asking->net, &wire, arena, out, &err) < 0) {
        check_error(asking->check, what, arena_printf(arena, "%s", err.message));
        return false;
    }
    if (out->result != NET_ANSWERED) {
        check_error(asking->check, what,
                    arena_printf(arena, "Twilio cannot be reached: %s", out->problem));
        return false;
    }
    if (out->status >= 200 && out->status < 300)
        return true;
    struct rest_refusal refusal;
    rest_read_refusal(out->status, out->body, out->body_len, arena, &refusal);
    const struct rest_explanation *known = rest_explain(refusal.code);
    check_error(asking->check, what,
                arena_printf(arena, "Twilio says %d/%d: %s%s %s", refusal.http_status, refusal.code,
                             refusal.message, is_sentence(refusal.message) ? "" : ".",
                             known != NULL ? known->advice : ""));
    return false;
}

static bool ask_account(struct asking *asking)
{
    struct check *check = asking->check;
    struct rest_request request;
    struct net_answer answer;
    struct rest_account_info info;
    struct error err = {0};
    if (rest_fetch_account(&asking->account, check->arena, &request, &err) < 0) {
        check_error(check, "account", arena_printf(check->arena, "%s", err.message));
        return false;
    }
    if (!ask(asking, "account", &request, &answer))
        return false;
    if (rest_read_account(answer.body, answer.body_len, check->arena, &info, &err) < 0)
        check_error(check, "account", arena_printf(check->arena, "%s", err.message));
    else if (!text_equal(info.status, "active"))
        check_error(check, "account", arena_printf(check->arena, "is %s", info.status));
    else if (text_equal(info.type, "Trial"))
        check_warning(check, "account",
                      "is a trial account: it calls verified numbers only (error 21219), with an "
                      "announcement first");
    else
        check_ok(check, "account", "answers and is active");
    return true;
}

/* REST requests are made with the key, so that a wrong auth token would show only when all webhooks are refused. */
static void ask_with_auth_token(struct asking *asking)
{
    struct check *check = asking->check;
    const struct config_twilio *twilio = &check->config->twilio;
    struct asking other = *asking;
    struct rest_request request;
    struct net_answer answer;
    struct error err = {0};
    if (rest_credentials_choose(twilio->account_sid, NULL, NULL, secret_reveal(&twilio->auth_token),
                                &other.credentials, &err) < 0 ||
        rest_fetch_account(&asking->account, check->arena, &request, &err) < 0)
        check_error(check, "auth token", arena_printf(check->arena, "%s", err.message));
    else if (ask(&other, "auth token", &request, &answer))
        check_ok(check, "auth token", "is the account's: webhooks signed with it are believed");
}

/* ---- where calls go ---- */

static const char *our_url(const struct check *check, enum hook hook)
{
    const struct config_hooks *hooks = &check->config->hooks;
    struct hook_settings settings = {
        .base = hooks->base.text, .voice = hooks->voice.text, .status = hooks->status.text};
    return hook_url(&settings, hook, NULL, check->arena);
}

static const char *or_empty(const char *url)
{
    return *url != '\0' ? url : "empty";
}

/* A line (the App, a number) tells Twilio where to ask and whom to tell. Its own voice URL must lead here.
 * `whose` is "its", or names the line where there are several. */
static bool check_voice_url(struct check *check,
                            const char *what,
                            const char *whose,
                            const char *url,
                            void (*complain)(struct check *, const char *, const char *))
{
    if (hooks_lead_here(check->config, url))
        return true;
    complain(check, what,
             arena_printf(check->arena, "%s Voice URL is %s; set it to %s", whose, or_empty(url),
                          our_url(check, HOOK_VOICE)));
    return false;
}

static bool
check_status_url(struct check *check, const char *what, const char *whose, const char *url)
{
    if (hooks_lead_here(check->config, url))
        return true;
    check_warning(
        check, what,
        arena_printf(check->arena,
                     "%s status callback is %s: the end of calls is found out late. Set it to %s",
                     whose, or_empty(url), our_url(check, HOOK_STATUS)));
    return false;
}

static void ask_application(struct asking *asking)
{
    static const char what[] = "TwiML App";
    struct check *check = asking->check;
    struct rest_request request;
    struct net_answer answer;
    struct rest_application app;
    struct error err = {0};
    if (rest_fetch_application(&asking->account, check->config->twilio.twiml_app_sid, check->arena,
                               &request, &err) < 0) {
        check_error(check, what, err.message);
        return;
    }
    if (!ask(asking, what, &request, &answer))
        return;
    if (rest_read_application(answer.body, answer.body_len, check->arena, &app, &err) < 0)
        check_error(check, what, err.message);
    else if (check_voice_url(check, what, "its", app.voice_url, check_error) &&
             check_status_url(check, what, "its", app.status_callback))
        check_ok(check, what, "exists and its URLs point here");
}

/* 1 and the number if it is in the list, 0 if not, -1 after an error line. */
static int ask_number_list(struct asking *asking,
                           const char *number,
                           struct rest_number *out,
                           int (*build)(const struct rest_account *,
                                        const char *,
                                        struct arena *,
                                        struct rest_request *,
                                        struct error *))
{
    struct check *check = asking->check;
    struct rest_request request;
    struct net_answer answer;
    struct rest_number_page page;
    struct error err = {0};
    if (build(&asking->account, number, check->arena, &request, &err) < 0) {
        check_error(check, "number", arena_printf(check->arena, "%s", err.message));
        return -1;
    }
    if (!ask(asking, "number", &request, &answer))
        return -1;
    if (rest_read_numbers(answer.body, answer.body_len, check->arena, &page, &err) < 0) {
        check_error(check, "number", arena_printf(check->arena, "%s", err.message));
        return -1;
    }
    for (size_t i = 0; i < page.count; i++) {
        if (!text_equal(page.items[i].phone_number, number))
            continue;
        *out = page.items[i];
        return 1;
    }
    return 0;
}

/* It may use the App's URLs, or its own. Somebody may want its calls elsewhere, so that is no error. */
static void judge_number(struct check *check, const struct rest_number *number)
{
    const char *whose = arena_printf(check->arena, "%s's", number->phone_number);
    bool by_app = text_equal(number->voice_application_sid, check->config->twilio.twiml_app_sid);
    if (by_app || (check_voice_url(check, "number", whose, number->voice_url, check_warning) &&
                   check_status_url(check, "number", whose, number->status_callback)))
        check_ok(check, "number",
                 arena_printf(check->arena, "%s belongs to the account, and calls to it come here",
                              number->phone_number));
}

static void ask_number(struct asking *asking, const char *number)
{
    struct check *check = asking->check;
    struct rest_number found;
    int owned = ask_number_list(asking, number, &found, rest_list_incoming_numbers);
    int verified =
        owned == 0 ? ask_number_list(asking, number, &found, rest_list_outgoing_caller_ids) : 0;
    if (owned < 0 || verified < 0)
        return;
    if (owned == 1)
        judge_number(check, &found);
    else if (verified == 1)
        check_ok(check, "number",
                 arena_printf(check->arena,
                              "%s is a verified caller ID (calls to it do not come here)", number));
    else
        check_error(
            check, "number",
            arena_printf(
                check->arena,
                "%s is neither the account's nor verified: calls from it are refused (21210)",
                number));
}

/* The default one, and all that a caller may ask for. */
static void ask_numbers(struct asking *asking)
{
    const struct config *config = asking->check->config;
    const struct text_list *further = &config->calls.caller_ids;
    if (config->twilio.phone_number != NULL)
        ask_number(asking, config->twilio.phone_number);
    for (size_t i = 0; i < further->count; i++) {
        if (!text_equal(further->items[i], config->twilio.phone_number))
            ask_number(asking, further->items[i]);
    }
}

void check_online(struct check *check)
{
    const struct config_twilio *twilio = &check->config->twilio;
    struct asking asking = {.check = check, .account = configuration_account(check->config)};
    struct net_settings settings = configuration_net(check->config);
    struct error err = {0};
    if (rest_credentials_choose(
            twilio->account_sid, twilio->api_key_sid, secret_reveal(&twilio->api_key_secret),
            secret_reveal(&twilio->auth_token), &asking.credentials, &err) < 0 ||
        net_create(&settings, NULL, &asking.net, &err) < 0) {
        check_error(check, "online", arena_printf(check->arena, "%s", err.message));
        return;
    }
    if (ask_account(&asking)) {
        ask_with_auth_token(&asking);
        ask_application(&asking);
        ask_numbers(&asking);
    }
    net_free(asking.net);
}
