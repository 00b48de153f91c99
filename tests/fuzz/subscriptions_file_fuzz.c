/*
 * subscriptions.json as anybody may have written it: what is taken has an URL, events and a secret that signs; and any text as
 * a secret, as an event.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "app/subscriptions_file.h"
#include "app/webhook_signing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct subscription_entry *entry)
{
    auto_buf struct buf out;
    struct error err = {0};
    buf_init(&out, 256);
    ASSERT(entry->url != NULL && entry->events != NULL && *entry->events != '\0');
    ASSERT(signing_append(secret_reveal(&entry->secret), "msg_", 1, "{}", 2, &out, &err) == 0);
}

static void sign(const char *secret)
{
    auto_buf struct buf out;
    struct error err = {0};
    buf_init(&out, 256);
    int checked = signing_secret_check(secret, &err);
    int signed_with = signing_append(secret, "msg_", 1, "{}", 2, &out, &err);
    ASSERT(checked == signed_with);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct config config = {.files.directory = "/nonexistent"};
    auto_arena struct arena *arena = arena_create();
    const char *text = arena_copy(arena, data, size);
    const struct config_document document = {
        .path = "subscriptions.json", .text = text, .len = size};
    struct config_report report;
    const struct subscriptions_file *file = NULL;
    sign(text);
    (void)subscription_is_event(text);
    if (strstr(text, "/") != NULL && strstr(text, "_file") != NULL)
        return 0; /* it might name a device */
    config_report_init(&report);
    int failed = subscriptions_file_read(&config, &document, arena, &report, &file);
    ASSERT((failed < 0) == (report.mistake_count > 0));
    for (size_t i = 0; failed == 0 && i < file->count; i++)
        use(&file->items[i]);
    config_report_release(&report);
    return 0;
}
