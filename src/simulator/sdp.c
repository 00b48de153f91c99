/* Lines of the form "x=...": session lines, then sections that begin with m=. */
#include "sdp.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/random.h"
#include "core/text.h"

enum {
    ANSWER_BYTES = 16 * 1024,
    SECTIONS_MAX = 8,
    FORMATS_MAX = 16, /* payload types that are repeated in the answer */
    FINGERPRINT_BYTES = 32,
    LINE_BYTES = 1024,
};

static const char session_lines[] = "v=0\r\n"
                                    "o=- 1 1 IN IP4 127.0.0.1\r\n"
                                    "s=no media\r\n"
                                    "t=0 0\r\n"
                                    "a=ice-lite\r\n"
                                    "a=msid-semantic: WMS\r\n";

void sdp_secrets_make(struct sdp_secrets *out)
{
    unsigned char bytes[FINGERPRINT_BYTES];
    char ufrag[9];
    char pwd[33];
    char colons[FINGERPRINT_BYTES * 3 + 1] = "";
    random_bytes(bytes, sizeof(bytes));
    random_hex(ufrag, 4);
    random_hex(pwd, 16);
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(colons + i * 3, 4, "%02X:", bytes[i]);
    colons[sizeof(colons) - 2] = '\0'; /* the last colon */
    (void)snprintf(out->lines, sizeof(out->lines),
                   "a=rtcp-mux\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n",
                   ufrag, pwd, colons);
}

const char *sdp_offer(const struct sdp_secrets *secrets, struct arena *arena)
{
    return arena_printf(arena,
                        "%sa=group:BUNDLE 0\r\n"
                        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n"
                        "c=IN IP4 0.0.0.0\r\n"
                        "a=mid:0\r\n"
                        "a=inactive\r\n"
                        "a=rtpmap:111 opus/48000/2\r\n"
                        "a=rtpmap:0 PCMU/8000\r\n"
                        "a=setup:actpass\r\n"
                        "%s",
                        session_lines, secrets->lines);
}

/* ---- reading ---- */

static size_t line_len(const char *line)
{
    return strcspn(line, "\r\n");
}

static const char *next_line(const char *line)
{
    line += line_len(line);
    while (*line == '\r' || *line == '\n')
        line++;
    return line;
}

/* The first line of a section (or of the whole) that begins with `prefix`; `section` is its m= line. */
static const char *line_of(const char *section, const char *prefix)
{
    for (const char *line = next_line(section); *line && !text_starts_with(line, "m=");
         line = next_line(line))
        if (text_starts_with(line, prefix))
            return line;
    return NULL;
}

static const char *first_section(const char *text)
{
    const char *line = text;
    while (*line && !text_starts_with(line, "m="))
        line = next_line(line);
    return *line ? line : NULL;
}

static const char *next_section(const char *section)
{
    return first_section(next_line(section));
}

/* A whole line is repeated, so nothing can be smuggled in behind it. */
static void add_line(struct buf *out, const char *line)
{
    size_t len = line ? line_len(line) : 0;
    if (len > 0 && len < LINE_BYTES)
        (void)buf_printf(out, "%.*s\r\n", (int)len, line);
}

/* ---- answering ---- */

/* The codecs that everybody has; without one of them, the first that was offered. */
static bool is_wanted(const char *rtpmap)
{
    const char *name = memchr(rtpmap, ' ', line_len(rtpmap));
    return name &&
           (text_starts_with_nocase(name, " opus/") || text_starts_with_nocase(name, " pcmu/"));
}

static size_t
read_formats(const char *section, const char *rtpmaps[FORMATS_MAX], bool (*wanted)(const char *))
{
    size_t count = 0;
    for (const char *line = next_line(section);
         *line && !text_starts_with(line, "m=") && count < FORMATS_MAX; line = next_line(line))
        if (text_starts_with(line, "a=rtpmap:") && (wanted == NULL || wanted(line)))
            rtpmaps[count++] = line;
    return count;
}

static void answer_audio(const struct sdp_secrets *secrets, const char *section, struct buf *out)
{
    static const char prefix[] = "a=rtpmap:";
    const char *rtpmaps[FORMATS_MAX];
    size_t count = read_formats(section, rtpmaps, is_wanted);
    if (count == 0)
        count = read_formats(section, rtpmaps, NULL) > 0;
    (void)buf_printf(out, "m=audio 9 UDP/TLS/RTP/SAVPF");
    for (size_t i = 0; i < count; i++) {
        const char *format = rtpmaps[i] + strlen(prefix);
        (void)buf_printf(out, " %.*s", (int)strspn(format, "0123456789"), format);
    }
    (void)buf_printf(out, "%s\r\nc=IN IP4 0.0.0.0\r\n", count ? "" : " 0");
    add_line(out, line_of(section, "a=mid:"));
    (void)buf_puts(out, "a=inactive\r\n");
    for (size_t i = 0; i < count; i++)
        add_line(out, rtpmaps[i]);
    (void)buf_printf(out, "a=setup:passive\r\n%s", secrets->lines);
}

static void reject_section(const char *section, struct buf *out)
{
    const char *media = section + strlen("m=");
    (void)buf_printf(out, "m=%.*s 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n",
                     (int)strspn(media, "abcdefghijklmnopqrstuvwxyz"), media);
    add_line(out, line_of(section, "a=mid:"));
    (void)buf_puts(out, "a=inactive\r\n");
}

static void add_group(const char *audio, struct buf *out)
{
    const char *mid = line_of(audio, "a=mid:");
    const char *name = mid ? mid + strlen("a=mid:") : "";
    size_t len = line_len(name);
    if (len > 0 && len < LINE_BYTES)
        (void)buf_printf(out, "a=group:BUNDLE %.*s\r\n", (int)len, name);
}

static const char *first_audio(const char *offer)
{
    const char *section = first_section(offer);
    while (section && !text_starts_with(section, "m=audio "))
        section = next_section(section);
    return section;
}

const char *sdp_answer(const struct sdp_secrets *secrets, const char *offer, struct arena *arena)
{
    auto_buf struct buf out;
    buf_init(&out, ANSWER_BYTES);
    const char *audio = first_audio(offer);
    size_t count = 0;
    if (audio == NULL)
        return NULL;
    (void)buf_puts(&out, session_lines);
    add_group(audio, &out);
    for (const char *section = first_section(offer); section; section = next_section(section)) {
        if (++count > SECTIONS_MAX)
            return NULL;
        if (section == audio)
            answer_audio(secrets, section, &out);
        else
            reject_section(section, &out);
    }
    return out.overflowed ? NULL : arena_copy(arena, out.data, out.len);
}

/* ---- comparing ---- */

static const char *credentials(const char *sdp)
{
    const char *section = first_section(sdp);
    const char *line = section ? line_of(section, "a=ice-ufrag:") : NULL;
    return line ? line : "";
}

bool sdp_same_session(const char *a, const char *b)
{
    const char *ours = credentials(a);
    const char *theirs = credentials(b);
    size_t len = line_len(ours);
    return len > 0 && len == line_len(theirs) && memcmp(ours, theirs, len) == 0;
}
