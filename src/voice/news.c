#include "voice/news.h"

#include <string.h>

#include "core/macros.h"

static const char *const texts[] = {
#define X(name, text) [NEWS_##name] = (text),
    NEWS_KINDS(X)
#undef X
};

const char *news_kind_text(enum news_kind kind)
{
    return texts[kind];
}

bool news_kind_from_text(const char *text, size_t len, enum news_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strlen(texts[i]) == len && memcmp(texts[i], text, len) == 0) {
            *out = (enum news_kind)i;
            return true;
        }
    }
    return false;
}

_Static_assert((int)NEWS_KIND_COUNT <= 64, "sets of kinds are 64 bits");

bool news_kinds_add(const char *word, size_t len, uint64_t *kinds)
{
    uint64_t added = 0;
    enum news_kind kind;
    size_t stem = len > 0 && word[len - 1] == '*' ? len - 1 : 0;
    bool wild = len == 1 ? word[0] == '*' : stem > 1 && word[stem - 1] == '.';
    if (news_kind_from_text(word, len, &kind))
        added = news_kind_bit(kind);
    for (size_t i = 0; wild && i < ARRAY_LEN(texts); i++)
        if (strncmp(texts[i], word, stem) == 0)
            added |= news_kind_bit((enum news_kind)i);
    *kinds |= added;
    return added != 0;
}

/* status, of the root leg, of a child leg */
static const struct {
    enum news_kind of_call;
    enum news_kind of_leg;
} of_status[] = {
    [CALL_STATUS_NONE] = {NEWS_CALL_UPDATED,   NEWS_LEG_UPDATED  },
    [CALL_STATUS_QUEUED] = {NEWS_CALL_UPDATED,   NEWS_LEG_UPDATED  },
    [CALL_STATUS_INITIATED] = {NEWS_CALL_INITIATED, NEWS_LEG_INITIATED},
    [CALL_STATUS_RINGING] = {NEWS_CALL_RINGING,   NEWS_LEG_RINGING  },
    [CALL_STATUS_IN_PROGRESS] = {NEWS_CALL_ANSWERED,  NEWS_LEG_ANSWERED },
    [CALL_STATUS_COMPLETED] = {NEWS_CALL_ENDED,     NEWS_LEG_ENDED    },
    [CALL_STATUS_BUSY] = {NEWS_CALL_ENDED,     NEWS_LEG_ENDED    },
    [CALL_STATUS_FAILED] = {NEWS_CALL_ENDED,     NEWS_LEG_ENDED    },
    [CALL_STATUS_NO_ANSWER] = {NEWS_CALL_ENDED,     NEWS_LEG_ENDED    },
    [CALL_STATUS_CANCELED] = {NEWS_CALL_ENDED,     NEWS_LEG_ENDED    },
};

enum news_kind news_of_call_status(enum call_status status)
{
    return of_status[status].of_call;
}

enum news_kind news_of_leg_status(enum call_status status)
{
    return of_status[status].of_leg;
}

bool news_next(const char **rest, struct news_piece *out)
{
    const char *word = *rest;
    while (*word != '\0') {
        size_t len = strcspn(word, " ");
        size_t name_len = strcspn(word, "= ");
        struct news_piece piece = {0};
        bool known = news_kind_from_text(word, name_len, &piece.kind);
        if (known && name_len < len) {
            piece.leg_sid = word + name_len + 1;
            piece.leg_sid_len = len - name_len - 1;
        }
        word += len + strspn(word + len, " ");
        if (known) {
            *rest = word;
            *out = piece;
            return true;
        }
    }
    *rest = word;
    return false;
}
