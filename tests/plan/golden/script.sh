#!/usr/bin/env bash
# shellcheck disable=SC2016
# Plan: fix
# Organization: o-exampleorg1
# From run: 20261120T043000Z
# Plan digest: d32675710b4c2f5b56d1e2b490b3ec55cf5b13b8ed96bba6d8ce8c715838cb80
# Run it with credentials of the management account 111122221111; calls in member accounts assume a role there.

set -euo pipefail
export AWS_PAGER=''

say() { printf '%s\n' "$1" >&2; }

stop() {
  printf 'stopped: %s\n' "$*" >&2
  exit 1
}

# with ACCOUNT ROLE command...: runs a command with the credentials of a role in a member account.
with() {
  local account=$1 role=$2 answer key secret token
  shift 2
  answer=$(aws sts assume-role --role-arn "arn:$partition:iam::$account:role/$role" \
    --role-session-name towerkeep-plan --output text \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
  read -r key secret token <<<"$answer"
  AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token "$@"
}

# holds ABSENT command...: tests whether the answer is true. ABSENT (true or false) is the
# result if the resource does not exist.
holds() {
  local absent=$1 answer
  shift
  if answer=$("$@" --output json 2>"$errors"); then
    [ "$answer" = true ]
  elif grep -Eq 'NotFound|NoSuch' "$errors"; then
    [ "$absent" = true ]
  else
    stop "$(cat "$errors")"
  fi
}

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
export AWS_DEFAULT_REGION=eu-central-1
partition=aws
account=$(aws sts get-caller-identity --query Account --output text)
[ "$account" = 111122221111 ] || stop "wrong credentials: they belong to account $account"

# --- 1 of 5: cancel-key-deletion/us-east-1
# Cancel the deletion of the backup key in us-east-1
# Because of finding:80afd3ca47225399, check:KMS-10
# Risk: low
# Undone by: aws kms schedule-key-deletion
say 'Cancel the deletion of the backup key in us-east-1'
if holds false aws kms describe-key --region us-east-1 --cli-input-json '{"KeyId":"arn:aws:kms:us-east-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}' --query '!(contains(`["PendingDeletion","PendingReplicaDeletion"]`, "KeyMetadata"."KeyState"))'; then
  :
else
  aws kms cancel-key-deletion --region us-east-1 --cli-input-json '{"KeyId":"arn:aws:kms:us-east-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}'
fi

# --- 2 of 5: enable-key/us-east-1
# Enable the backup key in us-east-1
# Because of finding:80afd3ca47225399, check:KMS-10
# Risk: low
# Undone by: aws kms disable-key
say 'Enable the backup key in us-east-1'
if ! holds false aws kms describe-key --region us-east-1 --cli-input-json '{"KeyId":"arn:aws:kms:us-east-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}' --query 'contains(`["Disabled","Enabled"]`, "KeyMetadata"."KeyState")'; then
  stop 'the key is neither disabled nor enabled'
fi
if holds false aws kms describe-key --region us-east-1 --cli-input-json '{"KeyId":"arn:aws:kms:us-east-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}' --query '"KeyMetadata"."KeyState" == `"Enabled"`'; then
  :
else
  aws kms enable-key --region us-east-1 --cli-input-json '{"KeyId":"arn:aws:kms:us-east-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}'
fi

# --- 3 of 5: replicate-key/eu-west-1
# Replicate the backup key to eu-west-1
# Because of finding:8a6ac9bd3a88493d, check:KMS-04
# Risk: low
# Undone by: aws kms schedule-key-deletion in the replica's Region
say 'Replicate the backup key to eu-west-1'
if ! holds false aws kms describe-key --region eu-central-1 --cli-input-json '{"KeyId":"arn:aws:kms:eu-central-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}' --query '"KeyMetadata"."MultiRegionConfiguration"."MultiRegionKeyType" == `"PRIMARY"`'; then
  stop 'the primary key is no longer in this Region'
fi
if holds false aws kms describe-key --region eu-central-1 --cli-input-json '{"KeyId":"arn:aws:kms:eu-central-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}' --query '"KeyMetadata"."MultiRegionConfiguration"."ReplicaKeys"[?"Region" == `"eu-west-1"`] | [0] | "Arn" != `null`'; then
  answer=$(aws kms describe-key --region eu-central-1 --cli-input-json '{"KeyId":"arn:aws:kms:eu-central-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef"}' --query '"KeyMetadata"."MultiRegionConfiguration"."ReplicaKeys"[?"Region" == `"eu-west-1"`] | [0].["Arn"]' --output text)
  read -r replicate_key_eu_west_1_arn_3 <<<"$answer"
else
  answer=$(aws kms replicate-key --region eu-central-1 --cli-input-json '{"KeyId":"arn:aws:kms:eu-central-1:111122221111:key/mrk-0123456789abcdef0123456789abcdef","ReplicaRegion":"eu-west-1","Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122221111:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"},{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-exampleorg1\"}}}]}","Description":"Backups of the organization","Tags":[{"TagKey":"towerkeep","TagValue":"backup-key"}]}' --query '["ReplicaKeyMetadata"."Arn"]' --output text)
  read -r replicate_key_eu_west_1_arn_3 <<<"$answer"
  waited=0
  until holds false aws kms describe-key --region eu-west-1 --cli-input-json '{"KeyId":"'"$replicate_key_eu_west_1_arn_3"'"}' --query '"KeyMetadata"."KeyState" == `"Enabled"`'; do
    if holds false aws kms describe-key --region eu-west-1 --cli-input-json '{"KeyId":"'"$replicate_key_eu_west_1_arn_3"'"}' --query 'contains(`["PendingDeletion","Unavailable"]`, "KeyMetadata"."KeyState")'; then
      stop replicate-key/eu-west-1' failed'
    fi
    if [ "$waited" -ge 600 ]; then
      stop replicate-key/eu-west-1' has timed out'
    fi
    sleep 5
    waited=$((waited + 5))
  done
fi

# --- 4 of 5: tag-resource/222233330011/eu-central-1/aws-control-tower-backupdaily/1
# Tag aws-control-tower-backupdaily = true on 1 resource in 222233330011, eu-central-1
# Because of finding:f911ac6d7bb44328, check:TAG-03
# Risk: low
# Undone by: aws resourcegroupstaggingapi untag-resources
say 'Tag aws-control-tower-backupdaily = true on 1 resource in 222233330011, eu-central-1'
if ! holds true with 222233330011 AWSControlTowerExecution aws resourcegroupstaggingapi get-resources --region eu-central-1 --cli-input-json '{"ResourceARNList":["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"]}' --query '(length("ResourceTagMappingList"[?(contains(`["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"]`, "ResourceARN") && length("Tags"[?("Key" == `"aws-control-tower-backupdaily"` && !(contains(`["true"]`, "Value")))] || `[]`) > `0`)] || `[]`) == `0`)'; then
  stop 'these backup tags were changed after the scan'
fi
if holds false with 222233330011 AWSControlTowerExecution aws resourcegroupstaggingapi get-resources --region eu-central-1 --cli-input-json '{"ResourceARNList":["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"]}' --query '(`true` && length("ResourceTagMappingList"[?(`true` && "ResourceARN" == `"arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"` && (`true` && length("Tags"[?(`true` && "Key" == `"aws-control-tower-backupdaily"` && "Value" == `"true"`)] || `[]`) > `0`))] || `[]`) > `0`)'; then
  :
else
  answer=$(with 222233330011 AWSControlTowerExecution aws resourcegroupstaggingapi tag-resources --region eu-central-1 --cli-input-json '{"ResourceARNList":["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"],"Tags":{"aws-control-tower-backupdaily":"true"}}' --query 'keys("FailedResourcesMap" || `{}`)' --output text)
  for arn in $answer; do
    case $arn in
    arn:aws:ec2:eu-central-1:222233330011:volume/vol-1)
      with 222233330011 AWSControlTowerExecution aws ec2 create-tags --region eu-central-1 --cli-input-json '{"Resources":["vol-1"],"Tags":[{"Key":"aws-control-tower-backupdaily","Value":"true"}]}'
      ;;
    *) stop tag-resource/222233330011/eu-central-1/aws-control-tower-backupdaily/1': AWS refused '"$arn" ;;
    esac
  done
fi

# --- 5 of 5: untag-resource/222233330011/eu-central-1/1
# Remove aws-control-tower-backup-daily from 1 resource in 222233330011, eu-central-1
# Because of finding:f911ac6d7bb44328, check:TAG-03
# Risk: medium
# Undone by: aws resourcegroupstaggingapi tag-resources
say 'Remove aws-control-tower-backup-daily from 1 resource in 222233330011, eu-central-1'
if ! holds true with 222233330011 AWSControlTowerExecution aws resourcegroupstaggingapi get-resources --region eu-central-1 --cli-input-json '{"ResourceARNList":["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"]}' --query '(length("ResourceTagMappingList"[?(contains(`["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"]`, "ResourceARN") && length("Tags"[?("Key" == `"aws-control-tower-backup-daily"` && !(contains(`["true"]`, "Value")))] || `[]`) > `0`)] || `[]`) == `0`)'; then
  stop 'these backup tags were changed after the scan'
fi
if holds false with 222233330011 AWSControlTowerExecution aws resourcegroupstaggingapi get-resources --region eu-central-1 --cli-input-json '{"ResourceARNList":["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"]}' --query 'length("ResourceTagMappingList"[?length("Tags"[?"Key" == `"aws-control-tower-backup-daily"`] || `[]`) > `0`] || `[]`) == `0`'; then
  :
else
  answer=$(with 222233330011 AWSControlTowerExecution aws resourcegroupstaggingapi untag-resources --region eu-central-1 --cli-input-json '{"ResourceARNList":["arn:aws:ec2:eu-central-1:222233330011:volume/vol-1"],"TagKeys":["aws-control-tower-backup-daily"]}' --query 'keys("FailedResourcesMap" || `{}`)' --output text)
  for arn in $answer; do
    case $arn in
    arn:aws:ec2:eu-central-1:222233330011:volume/vol-1)
      with 222233330011 AWSControlTowerExecution aws ec2 delete-tags --region eu-central-1 --cli-input-json '{"Resources":["vol-1"],"Tags":[{"Key":"aws-control-tower-backup-daily"}]}'
      ;;
    *) stop untag-resource/222233330011/eu-central-1/1': AWS refused '"$arn" ;;
    esac
  done
fi

# Manual tasks:
# KMS-99 eu-central-1: no step repairs this: by hand
