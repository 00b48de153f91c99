/* Signature Version 4, against the examples that AWS publishes (tests/vectors/README.md). */
#include "crypto/aws_signature.h"

#include <string.h>

#include <jansson.h>

#include "core/macros.h"
#include "crypto/digest.h"
#include "support/cmocka_all.h"

/* The published pairs of keys, of which the whole world knows the secret; in two pieces, so that nobody's scanner stumbles. */
#define EXAMPLE_SECRET(join)                                                                       \
    "wJalrXUtnFEMI/K7MDENG" join "bPxRfiCYEXAMPLE"                                                 \
    "KEY"

struct setting {
    const char *list;
    struct aws_key key;
    const char *service;
    const char *host;
    const char *date;
    int64_t now_s;
};

static const struct setting settings[] = {
    {"suite",
     {"AKID"
      "EXAMPLE",
      EXAMPLE_SECRET("+")},
     "service", "example.amazonaws.com",
     "20150830T123600Z", 1440938160},
    {"s3",
     {"AKIAIOSFODNN7"
      "EXAMPLE",
      EXAMPLE_SECRET("/")},
     "s3",      "examplebucket.s3.amazonaws.com",
     "20130524T000000Z", 1369353600},
};

static size_t read_pairs(json_t *list, struct aws_pair *out)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        out[i] = (struct aws_pair){
            .name = json_string_value(json_array_get(json_array_get(list, i), 0)),
            .value = json_string_value(json_array_get(json_array_get(list, i), 1))};
    return json_array_size(list);
}

static const char *text_of(json_t *row, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text == NULL ? otherwise : text;
}

/* S3 wants the digest as a header too; the general suite does not have it. */
static void check(const struct setting *setting, json_t *row)
{
    auto_arena struct arena *arena = arena_create();
    struct aws_pair query[AWS_QUERY_MAX];
    struct aws_pair headers[AWS_HEADERS_MAX];
    char digest[SHA256_HEX_BYTES];
    const char *body = text_of(row, "body", "");
    digest_sha256_hex(body, strlen(body), digest);
    const char *hash = text_of(row, "payload_hash", digest);
    size_t count = read_pairs(json_object_get(row, "headers"), headers);
    headers[count++] = (struct aws_pair){"Host", text_of(row, "host", setting->host)};
    headers[count++] = (struct aws_pair){"X-Amz-Date", setting->date};
    if (strcmp(setting->service, "s3") == 0)
        headers[count++] = (struct aws_pair){"X-Amz-Content-Sha256", hash};
    const struct aws_request request = {
        .method = text_of(row, "method", NULL),
        .path = aws_encode_path(text_of(row, "path", NULL), arena),
        .query = query,
        .query_count = read_pairs(json_object_get(row, "query"), query),
        .headers = headers,
        .header_count = count,
        .payload_hash = hash,
        .region = "us-east-1",
        .service = setting->service,
        .now_s = setting->now_s,
    };
    struct aws_signature signature;
    assert_int_equal(aws_sign(&setting->key, &request, arena, &signature, NULL), 0);
    const char *found = strstr(signature.authorization, "Signature=");
    assert_non_null(found);
    if (strcmp(found + strlen("Signature="), text_of(row, "signature", NULL)) != 0)
        fail_msg("%s:\n%s\n%s", text_of(row, "name", NULL), signature.canonical_request,
                 signature.authorization);
}

static void published_examples_are_computed(void **state)
{
    (void)state;
    json_t *vectors =
        json_load_file(TEST_VECTORS "/aws_signature.json", JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(vectors);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        json_t *rows = json_object_get(vectors, settings[i].list);
        assert_true(json_array_size(rows) >= 5);
        for (size_t row = 0; row < json_array_size(rows); row++)
            check(&settings[i], json_array_get(rows, row));
    }
    json_decref(vectors);
}

static const struct aws_pair host[] = {
    {"Host",       "127.0.0.1:9000"  },
    {"X-Amz-Date", "20150830T123600Z"}
};

static struct aws_request plain(void)
{
    return (struct aws_request){.method = "GET",
                                .path = "/",
                                .headers = host,
                                .header_count = ARRAY_LEN(host),
                                .payload_hash = AWS_UNSIGNED_PAYLOAD,
                                .region = "r",
                                .service = "s3",
                                .now_s = 1440938160};
}

static void the_header_names_key_scope_and_headers(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const struct aws_request request = plain();
    struct aws_signature signature;
    static const char start[] = "AWS4-HMAC-SHA256 Credential=id/20150830/r/s3/aws4_request, "
                                "SignedHeaders=host;x-amz-date, Signature=";
    assert_int_equal(aws_sign(&(struct aws_key){"id", "secret"}, &request, arena, &signature, NULL),
                     0);
    assert_memory_equal(signature.authorization, start, strlen(start));
    assert_null(strstr(signature.canonical_request, "secret"));
}

/* The algorithm would take it, and then anybody can sign. */
static void an_empty_secret_is_refused(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const struct aws_request request = plain();
    struct aws_signature signature;
    struct error err = {0};
    assert_int_equal(aws_sign(&(struct aws_key){"id", ""}, &request, arena, &signature, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
}

static void each_part_of_the_request_changes_the_signature(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct aws_request requests[7];
    const char *seen[ARRAY_LEN(requests)];
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        requests[i] = plain();
    requests[1].method = "PUT";
    requests[2].path = "/a";
    requests[3].query = (const struct aws_pair[]){
        {"a", ""}
    };
    requests[3].query_count = 1;
    requests[4].payload_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    requests[5].region = "q";
    requests[6].now_s++;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct aws_signature signature;
        assert_int_equal(
            aws_sign(&(struct aws_key){"id", "secret"}, &requests[i], arena, &signature, NULL), 0);
        seen[i] = strstr(signature.authorization, "Signature=");
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
    }
}

static void paths_and_queries_are_encoded_once(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    assert_string_equal(aws_encode_path("/a b/\xc3\xa4+=%:$~.wav", arena),
                        "/a%20b/%C3%A4%2B%3D%25%3A%24~.wav");
    const struct aws_pair pairs[] = {
        {"uploads",    ""   },
        {"partNumber", "2"  },
        {"a/b",        "c&d"}
    };
    assert_string_equal(aws_query(pairs, ARRAY_LEN(pairs), arena),
                        "a%2Fb=c%26d&partNumber=2&uploads=");
    assert_string_equal(aws_query(NULL, 0, arena), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples_are_computed),
        cmocka_unit_test(the_header_names_key_scope_and_headers),
        cmocka_unit_test(an_empty_secret_is_refused),
        cmocka_unit_test(each_part_of_the_request_changes_the_signature),
        cmocka_unit_test(paths_and_queries_are_encoded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
