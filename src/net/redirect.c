/*
 * Where a redirect leads. Whether it is followed, and what goes along, is the caller's to decide.
 */
#include <string.h>

#include "core/text.h"
#include "internal.h"
#include "net/download.h"

static char *part(CURLU *url, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(url, what, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart what)
{
    char *left = part(a, what, CURLU_DEFAULT_PORT);
    char *right = part(b, what, CURLU_DEFAULT_PORT);
    bool same = left != NULL && right != NULL && text_equal_nocase(left, right);
    curl_free(left);
    curl_free(right);
    return same;
}

static int resolve(CURLU *from, CURLU *to, const char *url, const char *location, struct error *err)
{
    unsigned flags = CURLU_DISALLOW_USER;
    if (curl_url_set(from, CURLUPART_URL, url, flags) != CURLUE_OK ||
        curl_url_set(to, CURLUPART_URL, url, flags) != CURLUE_OK ||
        curl_url_set(to, CURLUPART_URL, location, flags) != CURLUE_OK)
        return error_field(err, "location", "is no address that can be gone to");
    (void)curl_url_set(to, CURLUPART_FRAGMENT, NULL, 0);
    return 0;
}

int net_redirect(const char *url,
                 const char *location,
                 struct arena *arena,
                 const char **out,
                 bool *same_origin,
                 struct error *err)
{
    if (text_is_empty(location))
        return error_field(err, "location", "is missing");
    CURLU *from = curl_url();
    CURLU *to = curl_url();
    ASSERT(from != NULL && to != NULL); /* out of memory */
    int result = resolve(from, to, url, location, err);
    char *text = result == 0 ? part(to, CURLUPART_URL, 0) : NULL;
    if (text != NULL) {
        *out = arena_strdup(arena, text);
        *same_origin = same_part(from, to, CURLUPART_SCHEME) &&
                       same_part(from, to, CURLUPART_HOST) && same_part(from, to, CURLUPART_PORT);
        result = net_check_url(*out, NULL, err);
    }
    curl_free(text);
    curl_url_cleanup(from);
    curl_url_cleanup(to);
    return result;
}
