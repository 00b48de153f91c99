/*
 * Where a resource is, and how its parameters travel.
 */
#include "rest_resource.h"

#include "core/buf.h"
#include "core/text.h"

enum { BODY_BYTES = 512 * 1024 }; /* more than all parameters at their longest, escaped */

/* The URL of a resource of the account; `sid` may be NULL. */
static int resource_url(const struct rest_account *account,
                        const char *resource,
                        const char *sid,
                        struct arena *arena,
                        const char **out,
                        struct error *err)
{
    if (!text_is_sid(account->account_sid, "AC"))
        return error_field(err, "AccountSid", "the account SID is AC and 32 hexadecimal digits");
    *out = arena_printf(arena, "%s" REST_API_PATH "%s%s%s%s.json", account->base_url,
                        account->account_sid, resource, sid == NULL ? "" : "/",
                        sid == NULL ? "" : sid);
    return 0;
}

static const char *encode(const struct fields *fields, struct arena *arena, size_t *len)
{
    auto_buf struct buf text;
    buf_init(&text, BODY_BYTES);
    int encoded = fields_encode(&text, fields);
    ASSERT(encoded == 0); /* every value was checked to be short */
    *len = text.len;
    return arena_copy(arena, text.len == 0 ? "" : text.data, text.len);
}

int rest_get(const struct rest_account *account,
             const char *resource,
             const char *sid,
             const struct fields *query,
             struct arena *arena,
             struct rest_request *out,
             struct error *err)
{
    const char *url = NULL;
    size_t len = 0;
    if (resource_url(account, resource, sid, arena, &url, err) < 0)
        return -1;
    if (query != NULL && query->count > 0)
        url = arena_printf(arena, "%s?%s", url, encode(query, arena, &len));
    *out = (struct rest_request){.method = "GET", .url = url};
    return 0;
}

int rest_post(const struct rest_account *account,
              const char *resource,
              const char *sid,
              const struct fields *form,
              struct arena *arena,
              struct rest_request *out,
              struct error *err)
{
    const char *url = NULL;
    if (resource_url(account, resource, sid, arena, &url, err) < 0)
        return -1;
    struct rest_request request = {.method = "POST", .url = url};
    request.body = encode(form, arena, &request.body_len);
    *out = request;
    return 0;
}

int rest_delete(const struct rest_account *account,
                const char *resource,
                const char *sid,
                struct arena *arena,
                struct rest_request *out,
                struct error *err)
{
    const char *url = NULL;
    if (resource_url(account, resource, sid, arena, &url, err) < 0)
        return -1;
    *out = (struct rest_request){.method = "DELETE", .url = url};
    return 0;
}

int rest_check_sid(const char *sid, const char *prefix, const char *name, struct error *err)
{
    if (text_is_sid(sid, prefix))
        return 0;
    return error_field(err, name, "%s must be %s and 32 hexadecimal digits", name, prefix);
}
