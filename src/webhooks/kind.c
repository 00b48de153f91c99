/*
 * Source: Twilio's pages on each callback. Several carry the fields of a call as well, so the rows that ask for more
 * come before the status of a call.
 */
#include "kind.h"

#include "core/text.h"

enum { SIGNS_MAX = 2 };

static const struct {
    enum timeline_kind kind;
    const char *signs[SIGNS_MAX]; /* all of them are there and not empty */
} kinds[] = {
    {TIMELINE_TRANSCRIPTION, {"TranscriptionSid"}                    },
    {TIMELINE_RECORDING,     {"RecordingSid", "RecordingStatus"}     },
    {TIMELINE_CONFERENCE,    {"ConferenceSid", "StatusCallbackEvent"}},
    {TIMELINE_STREAM,        {"StreamSid", "StreamEvent"}            },
    {TIMELINE_STATUS,        {"CallSid", "CallStatus"}               },
    {TIMELINE_ANSWERED_BY,   {"CallSid", "AnsweredBy"}               },
    {TIMELINE_MESSAGE,       {"MessageSid"}                          },
    {TIMELINE_MESSAGE,       {"SmsSid"}                              },
    {TIMELINE_VIDEO,         {"RoomSid", "StatusCallbackEvent"}      },
    {TIMELINE_FACT,          {"ConversationSid"}                     },
    {TIMELINE_TASKROUTER,    {"EventType"}                           },
    {TIMELINE_TASKROUTER,    {"TaskSid"}                             },
};

enum timeline_kind kind_of_fact(const struct fields *fields)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t found = 0;
        while (found < SIGNS_MAX && kinds[i].signs[found] != NULL &&
               !text_is_empty(fields_get(fields, kinds[i].signs[found])))
            found++;
        if (found == SIGNS_MAX || kinds[i].signs[found] == NULL)
            return kinds[i].kind;
    }
    return TIMELINE_FACT;
}
