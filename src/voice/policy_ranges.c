/*
 * Premium rates and satellites by the numbering plans, the Caribbean by the assignments of area codes. Each is what the
 * sources call it; what a call costs is Twilio's to say. An operator who needs one of them allows it in the policy file.
 *
 * Sources, as of 2024:
 *   ITU, "List of ITU-T Recommendation E.164 assigned country codes": +870, +881, +882, +883, +878, +979
 *   NANPA, area code assignments: 900; the exchange 976 within an area code; the islands
 *   the national plan as notified to the ITU (Operational Bulletin, "National Numbering Plan") of each country named
 * Left out where the prefix cannot be told from ordinary numbers when dialled from abroad (Ireland's 15xx looks like
 * Dublin) or cannot be dialled from abroad at all (directory enquiries, short codes).
 */
#include "policy_ranges.h"

#include <string.h>

#include "core/macros.h"

/* clang-format off */
static const struct known_range known[] = {
    {"+870",     POLICY_RANGE_SATELLITE, "Inmarsat"},
    {"+878",     POLICY_RANGE_SATELLITE, "universal personal telecommunications"},
    {"+881",     POLICY_RANGE_SATELLITE, "global mobile satellite systems: Iridium, Globalstar"},
    {"+882",     POLICY_RANGE_SATELLITE, "international networks"},
    {"+883",     POLICY_RANGE_SATELLITE, "international networks"},
    {"+979",     POLICY_RANGE_PREMIUM,   "international premium rate service"},
    {"+1900",    POLICY_RANGE_PREMIUM,   "North America, area code 900"},
    {"+1???976", POLICY_RANGE_PREMIUM,   "North America, exchange 976"},
    {"+3090",    POLICY_RANGE_PREMIUM,   "Greece, 90"},
    {"+31900",   POLICY_RANGE_PREMIUM,   "Netherlands, 0900"},
    {"+31906",   POLICY_RANGE_PREMIUM,   "Netherlands, 0906"},
    {"+31909",   POLICY_RANGE_PREMIUM,   "Netherlands, 0909"},
    {"+3290",    POLICY_RANGE_PREMIUM,   "Belgium, 090"},
    {"+3389",    POLICY_RANGE_PREMIUM,   "France, 089"},
    {"+34803",   POLICY_RANGE_PREMIUM,   "Spain, 803"},
    {"+34806",   POLICY_RANGE_PREMIUM,   "Spain, 806"},
    {"+34807",   POLICY_RANGE_PREMIUM,   "Spain, 807"},
    {"+34905",   POLICY_RANGE_PREMIUM,   "Spain, 905"},
    {"+351601",  POLICY_RANGE_PREMIUM,   "Portugal, 601"},
    {"+351646",  POLICY_RANGE_PREMIUM,   "Portugal, 646"},
    {"+351648",  POLICY_RANGE_PREMIUM,   "Portugal, 648"},
    {"+351760",  POLICY_RANGE_PREMIUM,   "Portugal, 760"},
    {"+351761",  POLICY_RANGE_PREMIUM,   "Portugal, 761"},
    {"+351762",  POLICY_RANGE_PREMIUM,   "Portugal, 762"},
    {"+352900",  POLICY_RANGE_PREMIUM,   "Luxembourg, 900"},
    {"+352901",  POLICY_RANGE_PREMIUM,   "Luxembourg, 901"},
    {"+352905",  POLICY_RANGE_PREMIUM,   "Luxembourg, 905"},
    {"+358600",  POLICY_RANGE_PREMIUM,   "Finland, 0600"},
    {"+358700",  POLICY_RANGE_PREMIUM,   "Finland, 0700"},
    {"+35990",   POLICY_RANGE_PREMIUM,   "Bulgaria, 090"},
    {"+3690",    POLICY_RANGE_PREMIUM,   "Hungary, 06 90"},
    {"+3691",    POLICY_RANGE_PREMIUM,   "Hungary, 06 91"},
    {"+370900",  POLICY_RANGE_PREMIUM,   "Lithuania, 900"},
    {"+37190",   POLICY_RANGE_PREMIUM,   "Latvia, 90"},
    {"+372900",  POLICY_RANGE_PREMIUM,   "Estonia, 900"},
    {"+38560",   POLICY_RANGE_PREMIUM,   "Croatia, 060"},
    {"+38561",   POLICY_RANGE_PREMIUM,   "Croatia, 061"},
    {"+38564",   POLICY_RANGE_PREMIUM,   "Croatia, 064"},
    {"+38565",   POLICY_RANGE_PREMIUM,   "Croatia, 065"},
    {"+38569",   POLICY_RANGE_PREMIUM,   "Croatia, 069"},
    {"+38690",   POLICY_RANGE_PREMIUM,   "Slovenia, 090"},
    {"+39892",   POLICY_RANGE_PREMIUM,   "Italy, 892"},
    {"+39893",   POLICY_RANGE_PREMIUM,   "Italy, 893"},
    {"+39894",   POLICY_RANGE_PREMIUM,   "Italy, 894"},
    {"+39895",   POLICY_RANGE_PREMIUM,   "Italy, 895"},
    {"+39899",   POLICY_RANGE_PREMIUM,   "Italy, 899"},
    {"+4090",    POLICY_RANGE_PREMIUM,   "Romania, 090"},
    {"+41900",   POLICY_RANGE_PREMIUM,   "Switzerland, 0900"},
    {"+41901",   POLICY_RANGE_PREMIUM,   "Switzerland, 0901"},
    {"+41906",   POLICY_RANGE_PREMIUM,   "Switzerland, 0906"},
    {"+42090",   POLICY_RANGE_PREMIUM,   "Czechia, 90"},
    {"+421900",  POLICY_RANGE_PREMIUM,   "Slovakia, 0900"},
    {"+43900",   POLICY_RANGE_PREMIUM,   "Austria, 0900"},
    {"+43901",   POLICY_RANGE_PREMIUM,   "Austria, 0901"},
    {"+43930",   POLICY_RANGE_PREMIUM,   "Austria, 0930"},
    {"+43931",   POLICY_RANGE_PREMIUM,   "Austria, 0931"},
    {"+43939",   POLICY_RANGE_PREMIUM,   "Austria, 0939"},
    {"+44871",   POLICY_RANGE_PREMIUM,   "United Kingdom, 0871"},
    {"+44872",   POLICY_RANGE_PREMIUM,   "United Kingdom, 0872"},
    {"+44873",   POLICY_RANGE_PREMIUM,   "United Kingdom, 0873"},
    {"+449",     POLICY_RANGE_PREMIUM,   "United Kingdom, 09"},
    {"+4590",    POLICY_RANGE_PREMIUM,   "Denmark, 90"},
    {"+46900",   POLICY_RANGE_PREMIUM,   "Sweden, 0900"},
    {"+46939",   POLICY_RANGE_PREMIUM,   "Sweden, 0939"},
    {"+46944",   POLICY_RANGE_PREMIUM,   "Sweden, 0944"},
    {"+47820",   POLICY_RANGE_PREMIUM,   "Norway, 820"},
    {"+47829",   POLICY_RANGE_PREMIUM,   "Norway, 829"},
    {"+4870",    POLICY_RANGE_PREMIUM,   "Poland, 70"},
    {"+49137",   POLICY_RANGE_PREMIUM,   "Germany, 0137"},
    {"+49900",   POLICY_RANGE_PREMIUM,   "Germany, 0900"},
    {"+52900",   POLICY_RANGE_PREMIUM,   "Mexico, 900"},
    {"+61190",   POLICY_RANGE_PREMIUM,   "Australia, 190"},
    {"+64900",   POLICY_RANGE_PREMIUM,   "New Zealand, 0900"},
    {"+7809",    POLICY_RANGE_PREMIUM,   "Russia, 809"},
    {"+90900",   POLICY_RANGE_PREMIUM,   "Turkey, 0900"},
    {"+1242",    POLICY_RANGE_CARIBBEAN, "Bahamas"},
    {"+1246",    POLICY_RANGE_CARIBBEAN, "Barbados"},
    {"+1264",    POLICY_RANGE_CARIBBEAN, "Anguilla"},
    {"+1268",    POLICY_RANGE_CARIBBEAN, "Antigua and Barbuda"},
    {"+1284",    POLICY_RANGE_CARIBBEAN, "British Virgin Islands"},
    {"+1345",    POLICY_RANGE_CARIBBEAN, "Cayman Islands"},
    {"+1441",    POLICY_RANGE_CARIBBEAN, "Bermuda"},
    {"+1473",    POLICY_RANGE_CARIBBEAN, "Grenada"},
    {"+1649",    POLICY_RANGE_CARIBBEAN, "Turks and Caicos Islands"},
    {"+1658",    POLICY_RANGE_CARIBBEAN, "Jamaica"},
    {"+1664",    POLICY_RANGE_CARIBBEAN, "Montserrat"},
    {"+1721",    POLICY_RANGE_CARIBBEAN, "Sint Maarten"},
    {"+1758",    POLICY_RANGE_CARIBBEAN, "Saint Lucia"},
    {"+1767",    POLICY_RANGE_CARIBBEAN, "Dominica"},
    {"+1784",    POLICY_RANGE_CARIBBEAN, "Saint Vincent and the Grenadines"},
    {"+1809",    POLICY_RANGE_CARIBBEAN, "Dominican Republic"},
    {"+1829",    POLICY_RANGE_CARIBBEAN, "Dominican Republic"},
    {"+1849",    POLICY_RANGE_CARIBBEAN, "Dominican Republic"},
    {"+1868",    POLICY_RANGE_CARIBBEAN, "Trinidad and Tobago"},
    {"+1869",    POLICY_RANGE_CARIBBEAN, "Saint Kitts and Nevis"},
    {"+1876",    POLICY_RANGE_CARIBBEAN, "Jamaica"},
};
/* clang-format on */

static bool begins_with(const char *number, const char *pattern, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool digit = number[i] >= '0' && number[i] <= '9';
        if (number[i] != pattern[i] && !(pattern[i] == '?' && digit))
            return false;
    }
    return true;
}

const struct known_range *known_range_of(const char *number, size_t *len)
{
    const struct known_range *best = NULL;
    *len = 0;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        size_t pattern_len = strlen(known[i].pattern);
        if (pattern_len > *len && begins_with(number, known[i].pattern, pattern_len)) {
            best = &known[i];
            *len = pattern_len;
        }
    }
    return best;
}
