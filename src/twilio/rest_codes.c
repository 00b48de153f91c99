/*
 * Twilio's codes that people meet when they place and control calls: what each means, and what to
 * do. Sorted by code.
 */
#include <stdlib.h>

#include "core/macros.h"
#include "twilio/rest_refusal.h"

/* clang-format off */
static const struct rest_explanation explanations[] = {
    /* webhooks: Twilio asks us */
    {11200, "Twilio could not fetch the document from the webhook.", "See that the URL is public and answers within 15 seconds."},
    {11205, "Twilio could not connect to the webhook.", "See that the public address is reachable, with no firewall in between."},
    {11210, "The host of the webhook has no address.", "Check the public base URL and its DNS record."},
    {11215, "The webhook redirects too often.", "Give Twilio the final URL."},
    {11220, "The webhook's TLS handshake failed.", "Use a certificate of a public authority and TLS 1.2 or later."},
    {11235, "The webhook's certificate cannot be verified.", "Use a certificate of a public authority, with its chain."},
    {11236, "The webhook's certificate has expired or is not valid yet.", "Renew it, and check the clock."},
    {11237, "The webhook's certificate chain is not trusted.", "Serve the intermediate certificates as well."},
    {11750, "The TwiML is larger than 64 kB.", "Split it with <Redirect>."},
    {11770, "The webhook's answer was empty.", "See that the proxy passes bodies on."},
    {12100, "The TwiML is not well-formed XML.", "Look at the first bytes: an error page is not TwiML."},
    {12102, "The root of the TwiML is not <Response>.", "Begin with <Response>."},
    {12200, "The TwiML holds an element or attribute that Twilio does not know.", "Compare its spelling with the documentation; case matters."},
    {12300, "The webhook answered with a content type that is no TwiML.", "Answer text/xml."},
    /* verbs */
    {13201, "A document for the called party holds <Dial>.", "Whisper documents may not dial."},
    {13214, "The caller ID of <Dial> is not valid.", "Use a number of the account, or a verified one, in E.164 form."},
    {13223, "The dialled number is not written as a phone number.", "Write it in E.164 form, beginning with + and the country code."},
    {13224, "The dialled number is not valid or cannot be reached.", "Check the number."},
    {13225, "The dialled number is blocked.", "Twilio does not connect calls to it."},
    {13226, "The dialled number's country code is not valid.", "Check the digits after the +."},
    {13227, "The account may not dial this country.", "Enable it under Voice, Geographic Permissions, in Twilio's console."},
    {13520, "<Say> has no text.", "Give it some."},
    {13521, "The text of <Say> is too long.", "Keep it under 4096 characters."},
    {14207, "The queue is full.", "Raise its size, or take people out of it."},
    {15002, "A status callback waited too long and was dropped.", "Answer callbacks at once, with 204."},
    {15003, "A status callback was answered with an error.", "Answer callbacks with 204."},
    {15004, "A document given with the call has a relative action URL.", "Use absolute URLs in it."},
    {16020, "The conference is full.", "Raise maxParticipants; 250 is the most."},
    {16022, "The conference has ended.", "Start a new one."},
    {16101, "The recording is too short.", "Nothing of it was kept; less than a second was said."},
    {16102, "The recording is silent.", "Nothing of it was kept."},
    {16108, "Several recordings of the call run at once.", "Name the one that is meant by its SID."},
    {16113, "Two channels were asked of a recording that has one.", "Ask for one channel."},
    /* any request */
    {20001, "A parameter is not known.", "Check its spelling; it was probably ignored."},
    {20003, "Twilio does not accept the credentials.", "Check account SID, key and secret, and that they belong to this region; keys can be revoked and accounts suspended."},
    {20004, "The method is not allowed.", "This is a mistake of the program."},
    {20005, "The account is not active.", "See what Twilio's console says about it."},
    {20006, "The credentials may not do this.", "Use a key with more rights."},
    {20009, "The call is not over yet.", "End it first."},
    {20010, "This action is disabled for the account.", "Ask Twilio's support."},
    {20011, "TLS is required.", "Use https."},
    {20403, "Access is forbidden.", "Check the rights of the key and the state of the account."},
    {20404, "There is no such thing at Twilio.", "Check the SID, and that it belongs to this account and region."},
    {20409, "The request contradicts the present state.", "Fetch the resource and decide again."},
    {20413, "The request is too large.", "Send less."},
    {20422, "A parameter is not valid.", "See Twilio's message for which."},
    {20423, "A SID is not valid.", "Check it."},
    {20426, "A newer version of TLS is required.", "Use TLS 1.2 or later."},
    {20429, "Too many requests at once.", "Wait a little; it was not processed and can be sent again."},
    {20500, "Twilio failed.", "Try again later, and see status.twilio.com."},
    {20503, "Twilio is not available.", "Try again later, and see status.twilio.com."},
    /* placing a call */
    {21201, "No number to call was given.", "Give To."},
    {21202, "The number to call is a premium number.", "Twilio does not call premium numbers."},
    {21203, "The account may not call other countries.", "Enable the country under Voice, Geographic Permissions, in Twilio's console."},
    {21204, "The call was begun already.", "It cannot be changed this way any more."},
    {21205, "The URL for the call is not valid.", "Use an absolute http(s) URL without an underscore in its host."},
    {21206, "The digits to send are not valid.", "Use 0-9, *, # and w, at most 32."},
    {21207, "IfMachine is not valid.", "Use MachineDetection instead."},
    {21208, "The timeout is not valid.", "Use 1 to 600 seconds."},
    {21209, "The method for the URL is not valid.", "Use GET or POST."},
    {21210, "The account may not call from this number.", "Use a number of the account, or verify this one as a caller ID."},
    {21211, "The number to call is not valid.", "Write it in E.164 form; it may not be the caller's own."},
    {21212, "The number to call from is not valid.", "Write it in E.164 form."},
    {21213, "No number to call from was given.", "Give From, or set a default number."},
    {21214, "The number to call cannot be reached.", "Check it, or try again later."},
    {21215, "The account may not call this country or region.", "Enable it under Voice, Geographic Permissions, in Twilio's console."},
    {21216, "The account may not call this number.", "It is on a block list; ask Twilio's support."},
    {21217, "The number is not a phone number.", "Check it."},
    {21218, "The TwiML application is not valid.", "Check the application SID, and that it belongs to this account."},
    {21219, "A trial account may call verified numbers only.", "Verify the number, or upgrade the account."},
    {21220, "The call is not in a state for this.", "It has probably ended already."},
    {21221, "The SIP credentials or headers are not valid.", "Check them."},
    {21234, "Answering machine detection is not configured rightly.", "Check its values."},
    {21262, "Answering machine detection is not configured rightly.", "Check its values."},
    {21263, "Answering machine detection is not configured rightly.", "Check its values."},
    {21401, "The phone number is not valid.", "Write it in E.164 form."},
    {21402, "The URL is not valid.", "Use an absolute http(s) URL."},
    {21421, "The phone number is not valid.", "Write it in E.164 form."},
    {21422, "The phone number is not to be had.", "Choose another."},
    {21452, "No phone number of that kind is to be had.", "Choose another kind or area."},
    /* during a call */
    {32009, "Nobody is registered at this SIP address.", "See that the phone is on and registered."},
    {32014, "No sound came from one side.", "Check its network and firewall."},
    {32015, "The call reached its longest duration.", "Set a higher time limit."},
    {32016, "The called network did not answer in time.", "Try again later."},
    {32019, "Both Url and Twiml were given.", "Twilio used Url; give only one."},
};
/* clang-format on */

static int compare_code(const void *key, const void *row)
{
    int code = *(const int *)key;
    int other = ((const struct rest_explanation *)row)->code;
    return (code > other) - (code < other);
}

const struct rest_explanation *rest_explain(int code)
{
    return bsearch(&code, explanations, ARRAY_LEN(explanations), sizeof explanations[0],
                   compare_code);
}

size_t rest_explanation_count(void)
{
    return ARRAY_LEN(explanations);
}
