#include "aws/partition.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct partition partitions[] = {
    {"aws", "amazonaws.com", "api.aws", "us-east-1", "us eu ap sa ca me af il mx"},
    {"aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1", "us-gov"},
    {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1", "cn"},
    {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1", "eusc"},
};

static bool has_prefix(const struct partition *p, const char *region)
{
    for (const char *prefix = p->region_prefixes; *prefix != '\0';) {
        size_t length = strcspn(prefix, " ");
        if (strncmp(region, prefix, length) == 0 && region[length] == '-') {
            return true;
        }
        prefix += length;
        prefix += strspn(prefix, " ");
    }
    return false;
}

const struct partition *partition_of_region(const char *region)
{
    /* From the last: "us-gov-west-1" also begins with "us-". */
    for (size_t i = sizeof partitions / sizeof *partitions; i-- > 0;) {
        if (has_prefix(&partitions[i], region)) {
            return &partitions[i];
        }
    }
    return &partitions[0];
}

bool region_name_valid(const char *region)
{
    size_t length = strlen(region), words = 1;
    if (length > 32 || length == 0 || region[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = region[i];
        bool dash = c == '-';
        if (!dash && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            return false;
        }
        if (dash && region[i + 1] == '-') {
            return false;
        }
        words += dash ? 1 : 0;
    }
    char last = region[length - 1];
    return words >= 2 && last >= '0' && last <= '9';
}

static const struct region regions[] = {
    {"us-east-1", "aws", false},
    {"us-east-2", "aws", false},
    {"us-west-1", "aws", false},
    {"us-west-2", "aws", false},
    {"ap-south-1", "aws", false},
    {"ap-northeast-1", "aws", false},
    {"ap-northeast-2", "aws", false},
    {"ap-northeast-3", "aws", false},
    {"ap-southeast-1", "aws", false},
    {"ap-southeast-2", "aws", false},
    {"ca-central-1", "aws", false},
    {"eu-central-1", "aws", false},
    {"eu-west-1", "aws", false},
    {"eu-west-2", "aws", false},
    {"eu-west-3", "aws", false},
    {"eu-north-1", "aws", false},
    {"sa-east-1", "aws", false},
    {"af-south-1", "aws", true},
    {"ap-east-1", "aws", true},
    {"ap-east-2", "aws", true},
    {"ap-south-2", "aws", true},
    {"ap-southeast-3", "aws", true},
    {"ap-southeast-4", "aws", true},
    {"ap-southeast-5", "aws", true},
    {"ap-southeast-6", "aws", true},
    {"ap-southeast-7", "aws", true},
    {"ca-west-1", "aws", true},
    {"eu-central-2", "aws", true},
    {"eu-south-1", "aws", true},
    {"eu-south-2", "aws", true},
    {"il-central-1", "aws", true},
    {"me-central-1", "aws", true},
    {"me-south-1", "aws", true},
    {"mx-central-1", "aws", true},
    {"us-gov-west-1", "aws-us-gov", false},
    {"us-gov-east-1", "aws-us-gov", false},
    {"cn-north-1", "aws-cn", false},
    {"cn-northwest-1", "aws-cn", false},
    {"eusc-de-east-1", "aws-eusc", false},
};
#define REGION_COUNT (sizeof regions / sizeof *regions)

size_t region_count(void)
{
    return REGION_COUNT;
}

const struct region *region_at(size_t index)
{
    return &regions[index];
}

static const struct region *region_find(const char *name)
{
    for (size_t i = 0; i < REGION_COUNT; i++) {
        if (strcmp(regions[i].name, name) == 0) {
            return &regions[i];
        }
    }
    return NULL;
}

bool region_known(const char *name)
{
    return region_find(name) != NULL;
}

/* The words before the last dash end with a direction: "eu-north", "us-gov-west", "eusc-de-east". */
static bool ends_with_direction(const char *name, size_t length)
{
    static const char *const directions[] = {"north",     "south",     "east",
                                             "west",      "central",   "northeast",
                                             "northwest", "southeast", "southwest"};
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++) {
        size_t word = strlen(directions[i]);
        if (length > word && name[length - word - 1] == '-' &&
            strncmp(name + length - word, directions[i], word) == 0) {
            return true;
        }
    }
    return false;
}

bool region_possible(const char *name)
{
    const char *number = strrchr(name, '-');
    if (region_known(name)) {
        return true;
    }
    return number != NULL && region_name_valid(name) &&
           has_prefix(partition_of_region(name), name) && number[1] != '0' &&
           strspn(number + 1, "0123456789") == strlen(number + 1) && strlen(number + 1) <= 2 &&
           ends_with_direction(name, (size_t)(number - name));
}

const char *region_nearest(const char *name)
{
    const char *names[REGION_COUNT + 1];
    for (size_t i = 0; i < REGION_COUNT; i++) {
        names[i] = regions[i].name;
    }
    names[REGION_COUNT] = NULL;
    return str_nearest(name, names);
}

bool region_is_opt_in(const char *name)
{
    const struct region *known = region_find(name);
    if (known != NULL) {
        return known->opt_in;
    }
    return has_prefix(&partitions[0], name) && partition_of_region(name) == &partitions[0];
}

/* Hosts that do not follow the common pattern. '*' is replaced by the Region; a host without it
   serves the whole partition. A variant (fips, dual_stack) without a row follows the pattern. */
struct odd_host {
    enum service service;
    const char *partition;
    bool fips, dual_stack;
    const char *host;
    const char *signing_region; /* NULL: the Region asked */
};

static const struct odd_host odd_hosts[] = {
    {SVC_IAM, "aws", false, false, "iam.amazonaws.com", "us-east-1"},
    {SVC_IAM, "aws", true, false, "iam-fips.amazonaws.com", "us-east-1"},
    {SVC_IAM, "aws", false, true, "iam.global.api.aws", "us-east-1"},
    {SVC_IAM, "aws-us-gov", false, false, "iam.us-gov.amazonaws.com", "us-gov-west-1"},
    {SVC_IAM, "aws-us-gov", true, false, "iam.us-gov.amazonaws.com", "us-gov-west-1"},
    {SVC_IAM, "aws-cn", false, false, "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    {SVC_ORGANIZATIONS, "aws-us-gov", true, false, "organizations.us-gov-west-1.amazonaws.com",
     "us-gov-west-1"},
    {SVC_STS, "aws-us-gov", true, false, "sts.*.amazonaws.com", NULL},
    {SVC_EC2, "aws-us-gov", true, false, "ec2.*.amazonaws.com", NULL},
    {SVC_RDS, "aws-us-gov", true, false, "rds.*.amazonaws.com", NULL},
    {SVC_REDSHIFT, "aws-us-gov", true, false, "redshift.*.amazonaws.com", NULL},
    {SVC_CLOUDFORMATION, "aws-us-gov", true, false, "cloudformation.*.amazonaws.com", NULL},
    {SVC_EKS, "aws", true, false, "fips.eks.*.amazonaws.com", NULL},
    {SVC_EKS, "aws-us-gov", true, false, "eks.*.amazonaws.com", NULL},
    /* It has dual-stack names only. */
    {SVC_DSQL, "aws", false, false, "dsql.*.api.aws", NULL},
    {SVC_DSQL, "aws", true, false, "dsql-fips.*.api.aws", NULL},
};

static void fill(char *out, size_t size, const char *pattern, const char *region)
{
    const char *star = strchr(pattern, '*');
    if (star == NULL) {
        snprintf(out, size, "%s", pattern);
    } else {
        snprintf(out, size, "%.*s%s%s", (int)(star - pattern), pattern, region, star + 1);
    }
}

static void usual_host(const struct endpoint_rules *rules, const struct op *op,
                       const struct partition *p, struct endpoint *out)
{
    const char *prefix = service_info(op->service)->endpoint_prefix;
    const char *fips = rules->use_fips ? "-fips" : "";
    if (op->service == SVC_S3) {
        /* S3's dual-stack names predate the partition's suffix. */
        snprintf(out->host, sizeof out->host, "%s%s%s.%s.%s", prefix, fips,
                 rules->use_dual_stack ? ".dualstack" : "", out->signing_region, p->dns_suffix);
        return;
    }
    snprintf(out->host, sizeof out->host, "%s%s.%s.%s", prefix, fips, out->signing_region,
             rules->use_dual_stack ? p->dual_stack_suffix : p->dns_suffix);
}

static void resolve_host(const struct endpoint_rules *rules, const struct op *op,
                         const char *region, struct endpoint *out)
{
    const struct partition *p = partition_of_region(region);
    bool global = op->reach == REACH_GLOBAL;
    snprintf(out->signing_region, sizeof out->signing_region, "%s",
             global ? p->global_region : region);
    for (size_t i = 0; i < sizeof odd_hosts / sizeof *odd_hosts; i++) {
        const struct odd_host *row = &odd_hosts[i];
        if (row->service != op->service || strcmp(row->partition, p->id) != 0) {
            continue;
        }
        if (row->signing_region != NULL) {
            /* Also when the host is overridden, or built by the pattern: keys are Regional. */
            snprintf(out->signing_region, sizeof out->signing_region, "%s", row->signing_region);
        }
        if (row->fips == rules->use_fips && row->dual_stack == rules->use_dual_stack) {
            fill(out->host, sizeof out->host, row->host, region);
            return;
        }
    }
    usual_host(rules, op, p, out);
}

static bool is_loopback(const char *host, size_t length)
{
    static const char *const names[] = {"localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == length && strncmp(names[i], host, length) == 0) {
            return true;
        }
    }
    /* A dotted quad, not a name such as 127.example.org. */
    return length >= 9 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == length;
}

static int apply_override(const struct endpoint_rules *rules, const char *url, struct endpoint *out,
                          struct err *err)
{
    bool plain = str_starts(url, "http://");
    if (!plain && !str_starts(url, "https://")) {
        return err_set(err, ERR_INPUT, "endpoint %.200s: expected http:// or https://", url);
    }
    const char *authority = url + (plain ? 7 : 8);
    size_t length = strcspn(authority, "/?#");
    size_t host = authority[0] == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":/?#");
    if (authority[length] != '\0' && strcmp(authority + length, "/") != 0) {
        return err_set(err, ERR_INPUT, "endpoint %.200s: a path or query is not supported", url);
    }
    size_t port = host < length && authority[host] == ':' ? length - host - 1 : 0;
    bool tail = host == length || (port > 0 && strspn(authority + host + 1, "0123456789") == port);
    if (host == 0 || host > length || !tail || length >= sizeof out->host ||
        memchr(authority, '@', length) != NULL || strcspn(authority, " \t\r\n\\") < length) {
        return err_set(err, ERR_INPUT, "endpoint %.200s: malformed host", url);
    }
    if (plain && !rules->allow_http && !is_loopback(authority, host)) {
        return err_set(err, ERR_INPUT, "endpoint %.200s: plain http to a host that is not loopback",
                       url);
    }
    snprintf(out->host, sizeof out->host, "%.*s", (int)length, authority);
    snprintf(out->url, sizeof out->url, "%s://%s", plain ? "http" : "https", out->host);
    return 0;
}

static bool url_is_loopback(const char *url)
{
    const char *authority = strstr(url, "://");
    authority = authority != NULL ? authority + 3 : url;
    size_t bracket = authority[0] == '[' ? strcspn(authority, "]") + 1 : 0;
    return is_loopback(authority, bracket > 0 ? bracket : strcspn(authority, ":/?#"));
}

bool endpoints_are_loopback(const struct endpoint_rules *rules)
{
    bool all = rules->override_all != NULL && url_is_loopback(rules->override_all);
    for (size_t i = 0; i < SVC_COUNT && all; i++) {
        all = rules->override[i] == NULL || url_is_loopback(rules->override[i]);
    }
    return all;
}

int endpoint_resolve(const struct endpoint_rules *rules, const struct op *op, const char *region,
                     struct endpoint *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    if (!region_name_valid(region)) {
        return err_set(err, ERR_INPUT, "invalid Region \"%.40s\"", region);
    }
    const char *url = rules->override[op->service];
    url = url != NULL ? url : rules->override_all;
    resolve_host(rules, op, region, out);
    out->signing_name = service_info(op->service)->signing_name;
    if (url != NULL) {
        return apply_override(rules, url, out, err);
    }
    snprintf(out->url, sizeof out->url, "https://%s", out->host);
    return 0;
}
