/*
 * Where a request may go whose URL somebody else has chosen. The C library's resolver is replaced by one of this program's,
 * in which every name means what the test says.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "net/fixture.h"
#include "support/cmocka_all.h"

static const struct {
    const char *address;
    bool is_public;
} addresses[] = {
    {"0.0.0.0",                  false},
    {"0.1.2.3",                  false},
    {"1.0.0.0",                  true },
    {"8.8.8.8",                  true },
    {"9.255.255.255",            true },
    {"10.0.0.0",                 false},
    {"10.255.255.255",           false},
    {"11.0.0.0",                 true },
    {"100.63.255.255",           true },
    {"100.64.0.0",               false},
    {"100.127.255.255",          false},
    {"100.128.0.0",              true },
    {"127.0.0.1",                false},
    {"127.255.255.254",          false},
    {"128.0.0.1",                true },
    {"169.253.255.255",          true },
    {"169.254.0.1",              false},
    {"169.254.169.254",          false},
    {"169.255.0.0",              true },
    {"172.15.255.255",           true },
    {"172.16.0.0",               false},
    {"172.31.255.255",           false},
    {"172.32.0.0",               true },
    {"192.0.0.8",                false},
    {"192.0.0.170",              false},
    {"192.0.1.1",                true },
    {"192.0.2.1",                false},
    {"192.88.99.1",              false},
    {"192.167.255.255",          true },
    {"192.168.0.1",              false},
    {"192.169.0.0",              true },
    {"198.17.255.255",           true },
    {"198.18.0.0",               false},
    {"198.19.255.255",           false},
    {"198.20.0.0",               true },
    {"198.51.100.7",             false},
    {"203.0.113.7",              false},
    {"223.255.255.255",          true },
    {"224.0.0.1",                false},
    {"239.255.255.255",          false},
    {"240.0.0.1",                false},
    {"255.255.255.255",          false},
    {"::",                       false},
    {"::1",                      false},
    {"::127.0.0.1",              false},
    {"::8.8.8.8",                false},
    {"::ffff:127.0.0.1",         false},
    {"::ffff:10.1.2.3",          false},
    {"::ffff:8.8.8.8",           true },
    {"::ffff:0:8.8.8.8",         false},
    {"64:ff9b::7f00:1",          false},
    {"64:ff9b::169.254.169.254", false},
    {"64:ff9b::8.8.8.8",         true },
    {"64:ff9b:1::808:808",       false},
    {"100::1",                   false},
    {"1fff:ffff::1",             false},
    {"2000::1",                  true },
    {"2001::1",                  false},
    {"2001:0:808:808::1",        false},
    {"2001:2::1",                false},
    {"2001:10::1",               false},
    {"2001:20::1",               false},
    {"2001:1ff:ffff::1",         false},
    {"2001:200::1",              true },
    {"2001:4860:4860::8888",     true },
    {"2001:db8::1",              false},
    {"2002:7f00:1::1",           false},
    {"2002:808:808::1",          false},
    {"2003::1",                  true },
    {"2a00:1450:4001::1",        true },
    {"3ffe:ffff::1",             true },
    {"3fff::1",                  false},
    {"3fff:fff::1",              false},
    {"3fff:1000::1",             true },
    {"4000::1",                  false},
    {"5f00::1",                  false},
    {"fc00::1",                  false},
    {"fd00:ec2::254",            false},
    {"fe80::1",                  false},
    {"fec0::1",                  false},
    {"ff02::1",                  false},
};

static const struct net_addresses public_only = {0};

static bool allows(const struct net_addresses *rule, const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return net_addresses_allow(rule, (const struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return net_addresses_allow(rule, (const struct sockaddr *)&v6);
}

static void knows_what_is_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        if (allows(&public_only, addresses[i].address) != addresses[i].is_public)
            fail_msg("%s: wanted %d", addresses[i].address, addresses[i].is_public);
}

static void without_a_rule_all_are_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        assert_true(allows(NULL, addresses[i].address));
}

static void sockets_of_no_address_are_not_allowed(void **state)
{
    (void)state;
    struct sockaddr here = {.sa_family = AF_UNIX};
    assert_false(net_addresses_allow(&public_only, &here));
}

static void named_networks_are_allowed_too(void **state)
{
    (void)state;
    static const struct net_network also[] = {
        {AF_INET,  {10, 1, 128},          18 },
        {AF_INET,  {127, 0, 0, 1},        32 },
        {AF_INET6, {0xfd, 0, 0, 0, 0xab}, 36 },
        {AF_INET6, {[15] = 1},            128},
    };
    const struct net_addresses rule = {also, ARRAY_LEN(also)};
    static const char *const in[] = {"10.1.128.1",        "10.1.191.255", "::ffff:10.1.128.1",
                                     "64:ff9b::a01:8001", "127.0.0.1",    "::1",
                                     "fd00:0:a000::1",    "8.8.8.8"};
    static const char *const out[] = {"10.1.127.255", "10.1.192.0",     "127.0.0.2",
                                      "::2",          "fd00:0:b000::1", "169.254.169.254"};
    for (size_t i = 0; i < ARRAY_LEN(in); i++)
        if (!allows(&rule, in[i]))
            fail_msg("%s is not allowed", in[i]);
    for (size_t i = 0; i < ARRAY_LEN(out); i++)
        if (allows(&rule, out[i]))
            fail_msg("%s is allowed", out[i]);
}

static void an_url_with_a_private_address_is_refused_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool taken;
    } urls[] = {
        {"https://hooks.example.com/in",       true },
        {"https://8.8.8.8/in",                 true },
        {"https://[2a00:1450:4001::1]/in",     true },
        {"https://127.0.0.1/in",               false},
        {"https://127.1/in",                   false},
        {"https://2130706433/in",              false},
        {"https://0x7f000001/in",              false},
        {"https://0177.0.0.1/in",              false},
        {"https://[::1]/in",                   false},
        {"https://[::ffff:7f00:1]/in",         false},
        {"https://[fe80::1%25eth0]/in",        false},
        {"https://169.254.169.254/latest",     false},
        {"http://127.0.0.1/in",                false},
        {"http://hooks.example.com/in",        false},
        {"https://user@hooks.example.com/",    false},
        {"https://user:pw@hooks.example.com/", false},
        {"ftp://hooks.example.com/",           false},
        {"file:///etc/passwd",                 false},
        {"//hooks.example.com/",               false},
        {"",                                   false},
    };
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct error err = {0};
        int failed = net_check_url(urls[i].url, &public_only, &err);
        if ((failed == 0) != urls[i].taken)
            fail_msg("%s: %s", urls[i].url, err.message);
        if (failed != 0)
            assert_string_equal(err.field, "url");
    }
}

/* ---- the address that is used is the one that was judged ---- */

int getaddrinfo(const char *name,
                const char *service,
                const struct addrinfo *hints,
                struct addrinfo **out)
{
    (void)hints;
    struct list {
        struct addrinfo info;
        struct sockaddr_in address;
    } *entry = NULL;
    if (strcmp(name, "inside.example.com") != 0)
        return EAI_NONAME;
    entry = calloc(1, sizeof *entry);
    assert_non_null(entry);
    entry->address.sin_family = AF_INET;
    entry->address.sin_port = htons((uint16_t)strtoul(service, NULL, 10));
    entry->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    entry->info = (struct addrinfo){
        .ai_family = AF_INET,
        .ai_socktype = SOCK_STREAM,
        .ai_addrlen = sizeof entry->address,
        .ai_addr = (struct sockaddr *)&entry->address,
    };
    *out = &entry->info;
    return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
    free(info); /* the first member of what was allocated */
}

static void a_name_for_this_machine_is_never_sent(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {
        .method = "POST",
        .url = arena_printf(fixture.arena, "https://inside.example.com:%u/hunter2",
                            peer_port(fixture.peer)),
        .addresses = &public_only,
    };
    struct net_answer answer = fixture_fetch(&fixture, &request);
    assert_int_equal(answer.result, NET_NEVER_SENT);
    assert_true(answer.address_refused);
    assert_string_equal(answer.problem,
                        "inside.example.com is at no address that requests may go to");
    assert_int_equal(peer_connections(fixture.peer), 0);
    fixture_close(&fixture);
}

static void a_named_network_can_be_reached(void **state)
{
    (void)state;
    static const struct net_network here = {
        AF_INET, {127, 0, 0, 1},
         32
    };
    const struct net_addresses rule = {&here, 1};
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {
        .method = "GET",
        .url = fixture_url(&fixture, "/ok"),
        .addresses = &rule,
    };
    struct net_answer answer = fixture_fetch(&fixture, &request);
    assert_int_equal(answer.result, NET_ANSWERED);
    assert_false(answer.address_refused);
    fixture_close(&fixture);
}

/* "localhost" is resolved by libcurl itself. */
static void a_kept_connection_of_somebody_else_is_not_used(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {
        .method = "POST",
        .url = arena_printf(fixture.arena, "http://localhost:%u/ok", peer_port(fixture.peer)),
    };
    assert_int_equal(fixture_fetch(&fixture, &request).result, NET_ANSWERED);
    request.addresses = &public_only;
    struct net_answer answer = fixture_fetch(&fixture, &request);
    assert_int_equal(answer.result, NET_NEVER_SENT);
    assert_true(answer.address_refused);
    assert_int_equal(peer_requests(fixture.peer, NULL), 1);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_is_public),
        cmocka_unit_test(without_a_rule_all_are_allowed),
        cmocka_unit_test(sockets_of_no_address_are_not_allowed),
        cmocka_unit_test(named_networks_are_allowed_too),
        cmocka_unit_test(an_url_with_a_private_address_is_refused_at_once),
        cmocka_unit_test(a_name_for_this_machine_is_never_sent),
        cmocka_unit_test(a_named_network_can_be_reached),
        cmocka_unit_test(a_kept_connection_of_somebody_else_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
