"""Every rule names the operations that its fields rest on.

FIELDS says of members of the subjects' documents (docs/subjects.md) which operations they come from. A rule that reads such a
member, in `when`, `assert` or `only_if`, must name all of those operations in its `needs`: where one is refused, its verdict would
be a guess. What follows from the landing zone's manifest needs nothing, because without GetLandingZone there is no scan.
"""
import json
import pathlib
import re
import subprocess
import sys

RULES = pathlib.Path(__file__).resolve().parent.parent.parent / "rules"
BASELINES = ["controltower:ListEnabledBaselines"]
CONTROLS = ["controltower:ListEnabledControls", "controlcatalog:GetControl"]
SELECTED = ["backup:ListBackupPlans", "backup:ListBackupSelections", "backup:GetBackupSelection", "backup:DescribeRegionSettings"]
RHYTHM = [*SELECTED, "backup:GetBackupPlan"]
LISTS = ["ec2:DescribeVolumes", "ec2:DescribeInstances", "rds:DescribeDBInstances", "rds:DescribeDBClusters", "dynamodb:ListTables",
         "efs:DescribeFileSystems", "s3:ListBuckets"]
TREE = ["organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent"]
LOOKED_AT = ["kms:DescribeKey"]
POLICY = ["kms:DescribeKey", "kms:GetKeyPolicy"]
FIELDS = {
    "org": {
        "feature_set": ["organizations:DescribeOrganization"], "policy_types": ["organizations:ListRoots"],
        "trusted_services": ["organizations:ListAWSServiceAccessForOrganization"],
        "delegated_admins": ["organizations:ListDelegatedAdministrators"],
        "unexpected_delegated_admins": ["organizations:ListDelegatedAdministrators"],
        "policy_delegation": ["organizations:DescribeResourcePolicy"], "global_settings": ["backup:DescribeGlobalSettings"],
        "invalid_policy_accounts": ["organizations:ListAccountsWithInvalidEffectivePolicy"], "backup_linked_role": ["iam:GetRole"],
        "path_mismatches": ["organizations:ListAccounts", "organizations:ListAccountsForParent"],
        "unknown_names": ["organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent", "organizations:ListAccounts"],
        "caller_account": ["sts:GetCallerIdentity"], "left_over": ["backup:ListBackupVaults", "sts:AssumeRole",
                                                                  "organizations:ListDelegatedAdministrators", "backup:ListReportPlans"],
        "accounts_backed_up": BASELINES,
    },
    "landing-zone": {
        "running_operations": ["controltower:ListLandingZoneOperations"], "under_change": BASELINES,
        "last_operation": ["controltower:ListLandingZoneOperations", "controltower:GetLandingZoneOperation"],
        "accounts.backup_admin_state": ["organizations:ListAccounts"], "accounts.central_backup_state": ["organizations:ListAccounts"],
        "service_keys": LOOKED_AT,
        "cloudtrail_role": ["iam:GetRole", "iam:ListAttachedRolePolicies"],
        "regions_without_local_vault": ["backup:ListBackupVaults", "sts:AssumeRole", "organizations:ListAccounts"],
    },
    "ou": {
        "baselines": BASELINES, "registered": BASELINES, "wanted": BASELINES, "ancestors_without_backup": BASELINES + TREE[1:],
        "descendants_with_backup": BASELINES + TREE[1:], "backup_versions": BASELINES,
        "is_security": ["organizations:ListAccountsForParent"], "under_security": ["organizations:ListAccountsForParent"],
        "accounts_uncovered": [*BASELINES, "organizations:ListAccountsForParent"],
        "service_control_policies": ["organizations:ListPoliciesForTarget"], "controls_in_force": CONTROLS, "controls_ill": CONTROLS,
    },
    "account": {
        "baselines": BASELINES, "backed_up": BASELINES, "enrolled": BASELINES, "ou_has_baseline": BASELINES,
        "ou_wanted": BASELINES + TREE, "integration_parents": ["organizations:ListAccountsForParent"],
        "backup_roles": ["backup:ListBackupPlans", "backup:ListBackupSelections", "backup:GetBackupSelection"],
        "role_problems": ["iam:GetRole", "iam:ListAttachedRolePolicies"],
        "policy_plans": ["organizations:ListPolicies", "organizations:DescribePolicy", "organizations:ListTargetsForPolicy", *TREE],
        "policy_problems": ["backup:ListBackupVaults", "iam:GetRole"],
        "leaving_denied_by": ["organizations:ListPoliciesForTarget", "organizations:DescribePolicy",
                              "organizations:ListAccountsForParent", *TREE],
        "report_plans": ["backup:ListReportPlans"], "reports_working": ["backup:ListReportPlans"],
        "account_factory_products": ["servicecatalog:SearchProvisionedProducts"],
    },
    "key": {
        **dict.fromkeys(["present", "state", "enabled", "manager", "owner", "usage", "spec", "origin", "multi_region", "type",
                         "primary_region", "deletion_date", "valid_to", "replica_regions"], LOOKED_AT),
        "policy": POLICY, "rotation_enabled": ["kms:GetKeyRotationStatus"], "rotation_period_days": ["kms:GetKeyRotationStatus"],
        "vaults_using": ["backup:ListBackupVaults", "sts:AssumeRole"], "recovery_points_using": ["backup:ListBackupVaults", "sts:AssumeRole"],
    },
    "account-region": {
        "backed_up": BASELINES, "region_status": ["ec2:DescribeRegions"],
        **dict.fromkeys(["opt_in", "management", "types_off", "types_unknown", "differs_from_home"], ["backup:DescribeRegionSettings"]),
        "types_undecided": ["backup:DescribeRegionSettings", "backup:GetSupportedResourceTypes"], "tagged_types": ["tagging:GetResources"],
        "tagged_types_off": ["tagging:GetResources", "backup:DescribeRegionSettings", "rds:DescribeDBInstances", "rds:DescribeDBClusters"],
        "dynamodb_tables": ["dynamodb:ListTables"], "local_vaults": ["backup:ListBackupVaults"], "central_vaults": ["backup:ListBackupVaults"],
        **dict.fromkeys(["plan_tiers", "plan_tiers_missing", "plan_tiers_untagged"], ["backup:ListBackupPlans", "backup:ListTags"]),
        "cross_region_copy": ["backup:ListBackupPlans", "backup:GetBackupPlan"], "only_tagging": LISTS, "only_tagging_count": LISTS,
        "only_direct": ["tagging:GetResources"], "copies_expected": [*RHYTHM, "tagging:GetResources", *LISTS],
        "newest_central_copy": ["backup:ListBackupVaults", "backup:ListRecoveryPointsByBackupVault"],
        "failed_backup_jobs": ["backup:ListBackupJobSummaries", "backup:ListBackupJobs"],
        "failed_copy_jobs": ["backup:ListCopyJobSummaries", "backup:ListCopyJobs"],
    },
    "vault": {
        **dict.fromkeys(["state", "key_arn", "kind", "locked", "min_retention_days", "max_retention_days", "lock_date", "recovery_points",
                         "name"], ["backup:ListBackupVaults"]),
        "policy": ["backup:GetBackupVaultAccessPolicy"], "expired_points": ["backup:ListRecoveryPointsByBackupVault"],
        "unencrypted_points": ["backup:ListRecoveryPointsByBackupVault"], "other_key_points": ["backup:ListRecoveryPointsByBackupVault"],
    },
    "plan": {
        "ct_tagged": ["backup:ListTags"], "ct_managed": ["backup:ListTags"], "copies_to_missing_vault": ["backup:GetBackupPlan",
                                                                                                       "backup:ListBackupVaults"],
        **dict.fromkeys(["rules", "copies_to_central", "copies_cross_region", "schedule_problem", "periods_without_run", "copies_kept", "period_hours"],
                        ["backup:GetBackupPlan"]),
        "selections": ["backup:ListBackupSelections", "backup:GetBackupSelection"],
        "selection_problems": ["backup:ListBackupSelections", "backup:GetBackupSelection"],
        "selects_here": ["backup:ListBackupSelections", "backup:GetBackupSelection", "backup:DescribeRegionSettings", "tagging:GetResources",
                         *LISTS],
    },
    "resource": {
        **dict.fromkeys(["tags", "tagged", "wrong_values", "near_misses"], ["tagging:GetResources"]),
        "account_backed_up": BASELINES, "plan_looks": BASELINES, "type_on": ["backup:DescribeRegionSettings"], "in_direct": LISTS,
        **dict.fromkeys(["plans", "selected_by", "why_not"], SELECTED),
        **dict.fromkeys(["plans_copy_to_central", "plans_copy_cross_region", "most_frequent", "selected_since"], RHYTHM),
        "last_backup": ["backup:ListProtectedResources"], "periods_without_backup": [*RHYTHM, "backup:ListProtectedResources"],
        "copy_problem": [*LISTS[:6], "backup:DescribeRegionSettings"], "source_keys": [*LISTS[:6], "kms:DescribeKey"],
        "aws_managed_keys": [*LISTS[:6], "kms:DescribeKey"], "unshared_keys": [*LISTS[:6], *POLICY],
        "instances_selected": ["ec2:DescribeVolumes", "ec2:DescribeInstances", *SELECTED],
        **dict.fromkeys(["central_copy_due", "far_copy_due"], [*SELECTED, "backup:ListRecoveryPointsByBackupVault"]),
        "central_copy": ["backup:ListRecoveryPointsByBackupVault"], "copied_cross_region": ["backup:ListRecoveryPointsByBackupVault"],
    },
}
# Members of $org and $lz that a rule of another scope reads.
ROOTS = {"$org": "org", "$lz": "landing-zone"}
# A member that a rule may read without one of its operations, and why its verdict is none the worse for it.
MAY_LACK = {
    # Leaves out Regions that are off: while that is unknown, jobs are judged as they are, and there are none.
    ("JOB-01", "region_status"): ["ec2:DescribeRegions"], ("JOB-02", "region_status"): ["ec2:DescribeRegions"],
}


def paths(value):
    """Every path of an expression."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("field", "each", "some", "no"):
                yield one
            # Inside `satisfies` paths start at the element, which the list's own path has named.
            yield from (path for path in paths(one) if key != "satisfies" or path.startswith("$"))
    elif isinstance(value, list):
        for one in value:
            yield from paths(one)
    elif isinstance(value, str) and re.match(r"\$(org|lz|doc)\.", value):
        yield value


def rests_on(scope, path):
    root, _, rest = path.partition(".")
    if root in ROOTS:
        scope, path = ROOTS[root], rest
    elif root == "$doc":
        path = rest
    member = re.split(r"[.\[]", path)[0]
    return member, FIELDS[scope].get(path, FIELDS[scope].get(member, []))


def named(needs, operation):
    words = [one["operation"] if isinstance(one, dict) else one for one in needs]
    return any(operation == word or (word.endswith("*") and operation.startswith(word[:-1])) for word in words)


def main():
    wrong, looked = [], 0
    files = [str(file) for file in sorted(RULES.glob("*.yaml"))]
    for line in subprocess.run([sys.argv[1], *files], check=True, capture_output=True, text=True).stdout.splitlines():
        rule = json.loads(line)
        for path in sorted(set(paths([rule.get("when"), rule.get("assert")]))):
            member, operations = rests_on(rule["scope"], path)
            looked += 1
            lacking = [one for one in operations if not named(rule["needs"], one) and one not in MAY_LACK.get((rule["id"], member), [])]
            wrong += [f"{rule['id']}: reads {path}, and does not need {one}" for one in lacking]
    print("\n".join(wrong))
    print(f"{looked} fields looked at, {len(wrong)} operations are not named")
    return 1 if wrong or looked < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
