/*
 * Any bytes as a .env file: a load takes it or says what is wrong, for people, in printable text,
 * and without the secret that the environment holds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/load.h"
#include "config/print.h"
#include "core/macros.h"
#include "core/text.h"

#define TOKEN "a-token-that-is-in-no-file"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const environment[] = {
    "TWILIO_AUTH_TOKEN=" TOKEN,
    "HOME=/srv/operator",
    NULL,
};

static int memory_file(const uint8_t *data, size_t size)
{
    const int fd = memfd_create("env", MFD_CLOEXEC);
    ASSERT(fd >= 0);
    ASSERT(write(fd, data, size) == (ssize_t)size);
    return fd;
}

static void check_text(const char *text)
{
    ASSERT(text_is_utf8(text, strlen(text)));
    ASSERT(strstr(text, TOKEN) == NULL);
    for (; *text != '\0'; text++)
        ASSERT((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t' || *text == '\r');
}

static void check_report(const struct config_report *report)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ASSERT(out != NULL);
    config_report_print(report, out);
    ASSERT(fclose(out) == 0);
    check_text(text);
    free(text);
}

static void check_config(const struct config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ASSERT(out != NULL);
    config_print_effective(config, out);
    ASSERT(fclose(out) == 0);
    check_text(text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct config *config = NULL;
    struct config_report report;
    if (memmem(data, size, TOKEN, strlen(TOKEN)) != NULL) /* then it may well be shown */
        return 0;
    const int fd = memory_file(data, size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const struct config_sources sources = {.environment = environment, .env_file = path};
    config_report_init(&report);
    if (config_load(&sources, CONFIG_FOR_NOTHING, &config, &report) == 0)
        check_config(config);
    else
        ASSERT(report.mistake_count > 0);
    check_report(&report);
    config_report_release(&report);
    config_free(config);
    close(fd);
    return 0;
}
