/* What a callback is about, told by its fields alone. */
#include "../../src/webhooks/kind.h"

#include <string.h>

#include "core/limits.h"
#include "support/cmocka_all.h"

static const struct {
    const char *form;
    enum timeline_kind kind;
} cases[] = {
    {"CallSid=CA1&CallStatus=ringing",                                            TIMELINE_STATUS     },
    {"CallSid=CA1&CallStatus=completed&RecordingSid=RE1&RecordingUrl=x",          TIMELINE_STATUS     },
    {"CallSid=CA1&CallStatus=completed&AnsweredBy=human",                         TIMELINE_STATUS     },
    {"CallSid=CA1&RecordingSid=RE1&RecordingStatus=completed",                    TIMELINE_RECORDING  },
    {"ConferenceSid=CF1&RecordingSid=RE1&RecordingStatus=completed",              TIMELINE_RECORDING  },
    {"CallSid=CA1&CallStatus=completed&RecordingSid=RE1&TranscriptionSid=TR1",
     TIMELINE_TRANSCRIPTION                                                                           },
    {"CallSid=CA1&TranscriptionSid=GT1&TranscriptionEvent=transcription-started",
     TIMELINE_TRANSCRIPTION                                                                           },
    {"ConferenceSid=CF1&StatusCallbackEvent=participant-join&CallSid=CA1",        TIMELINE_CONFERENCE },
    {"CallSid=CA1&AnsweredBy=machine_start",                                      TIMELINE_ANSWERED_BY},
    {"CallSid=CA1&StreamSid=MZ1&StreamEvent=stream-started",                      TIMELINE_STREAM     },
    {"MessageSid=SM1&SmsSid=SM1&MessageStatus=sent",                              TIMELINE_MESSAGE    },
    {"SmsSid=SM1&SmsStatus=received",                                             TIMELINE_MESSAGE    },
    {"EventType=task.created&TaskSid=WT1&WorkspaceSid=WS1",                       TIMELINE_TASKROUTER },
    {"EventType=task.assigned&EventData=%7B%7D",                                  TIMELINE_TASKROUTER },
    {"TaskSid=WT1&ReservationSid=WR1&WorkerSid=WK1",                              TIMELINE_TASKROUTER },
    {"RoomSid=RM1&StatusCallbackEvent=room-created",                              TIMELINE_VIDEO      },
    {"EventType=onMessageAdded&ConversationSid=CH1",                              TIMELINE_FACT       },
    {"CallSid=CA1",                                                               TIMELINE_FACT       },
    {"CallSid=CA1&CallStatus=",                                                   TIMELINE_FACT       },
    {"callsid=CA1&callstatus=ringing",                                            TIMELINE_FACT       },
    {"Surprise=1",                                                                TIMELINE_FACT       },
    {"",                                                                          TIMELINE_FACT       },
};

static void each_is_known_by_its_fields(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fields fields;
        struct error err = {0};
        const char *form = cases[i].form;
        assert_int_equal(fields_decode(form, strlen(form), LIMIT_FORM_PAIRS, arena, &fields, &err),
                         0);
        enum timeline_kind kind = kind_of_fact(&fields);
        if (kind != cases[i].kind)
            fail_msg("%s is %s", form, timeline_kind_text(kind));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_known_by_its_fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
