/* What a script begins with: whose plan it is, the functions of its steps, and for whom it runs. */
#include "emit.h"

#include <string.h>

#include "jq.h"

/* What compares policies: they may be spelled in many ways. */
static void head_jq(struct script *s)
{
    static const char function[] =
        "# jq_holds ABSENT PROGRAM IS command...: as holds, but compares policies by their "
        "meaning.\n"
        "# PROGRAM is a jq program over the answer; IS is the list of values that it compares "
        "with.\n"
        "jq_holds() {\n"
        "  local absent=$1 program=$2 is=$3 answer result\n"
        "  shift 3\n"
        "  if answer=$(\"$@\" --output json 2>\"$errors\"); then\n"
        "    result=$(jq --argjson is \"$is\" \"$meaning$program\" <<<\"${answer:-null}\" "
        "2>\"$errors\") ||\n"
        "      stop \"$(cat \"$errors\")\"\n"
        "    [ \"$result\" = true ]\n"
        "  elif grep -Eq 'NotFound|NoSuch' \"$errors\"; then\n"
        "    [ \"$absent\" = true ]\n"
        "  else\n"
        "    stop \"$(cat \"$errors\")\"\n"
        "  fi\n"
        "}\n\n"
        "command -v jq >/dev/null || stop 'jq is required to compare policies: install it'\n";
    text_addf(&s->out,
              "# Brings policies into one form, so that equivalent policies are "
              "equal.\nmeaning='%s'\n\n%s",
              jq_functions, function);
}

void script_head(struct script *s, const struct plan *plan)
{
    static const char functions[] =
        "\nset -euo pipefail\n"
        "export AWS_PAGER=''\n\n"
        "say() { printf '%s\\n' \"$1\" >&2; }\n\n"
        "stop() {\n"
        "  printf 'stopped: %s\\n' \"$*\" >&2\n"
        "  exit 1\n"
        "}\n\n"
        "# with ACCOUNT ROLE command...: runs a command with the credentials of a role in a member "
        "account.\n"
        "with() {\n"
        "  local account=$1 role=$2 answer key secret token\n"
        "  shift 2\n"
        "  answer=$(aws sts assume-role --role-arn \"arn:$partition:iam::$account:role/$role\" \\\n"
        "    --role-session-name towerkeep-plan --output text \\\n"
        "    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')\n"
        "  read -r key secret token <<<\"$answer\"\n"
        "  AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token \"$@\"\n"
        "}\n\n"
        "# holds ABSENT command...: tests whether the answer is true. ABSENT (true or false) is "
        "the\n"
        "# result if the resource does not exist.\n"
        "holds() {\n"
        "  local absent=$1 answer\n"
        "  shift\n"
        "  if answer=$(\"$@\" --output json 2>\"$errors\"); then\n"
        "    [ \"$answer\" = true ]\n"
        "  elif grep -Eq 'NotFound|NoSuch' \"$errors\"; then\n"
        "    [ \"$absent\" = true ]\n"
        "  else\n"
        "    stop \"$(cat \"$errors\")\"\n"
        "  fi\n"
        "}\n\n";
    static const char last[] = "errors=$(mktemp)\n"
                               "trap 'rm -f \"$errors\"' EXIT\n";
    text_add(&s->out, "#!/usr/bin/env bash\n# shellcheck disable=SC2016\n");
    script_comment(s, "", "Plan: ", goal_name(plan->goal));
    script_comment(s, "", "Organization: ", plan->organization_id);
    script_comment(s, "", "From run: ", plan->run_id);
    script_comment(s, "", "Plan digest: ", plan->digest);
    text_add(&s->out, "# Run it with credentials of the management account ");
    text_add_printable(&s->out, plan->management_account, strlen(plan->management_account));
    text_add(&s->out, "; calls in member accounts assume a role there.\n");
    text_add(&s->out, functions);
    if (s->needs_jq) {
        head_jq(s);
    }
    text_add(&s->out, last);
    text_add(&s->out, "export AWS_DEFAULT_REGION=");
    script_word(s, plan->home_region);
    text_addc(&s->out, '\n');
    text_add(&s->out, "partition=");
    script_word(s, plan->partition);
    text_add(&s->out, "\naccount=$(aws sts get-caller-identity --query Account --output text)\n"
                      "[ \"$account\" = ");
    script_word(s, plan->management_account);
    text_add(&s->out, " ] || stop \"wrong credentials: they belong to account $account\"\n");
}
