#include "ops_table.h"

/* Control Tower holds a call against older actions too, which are no operations of their own
   (Service Authorization Reference, "API operations defined by AWS Control Tower"). */
static const struct op controltower_rows[] = {
    {SVC_CONTROLTOWER, "DisableBaseline", EFFECT_WRITE, REACH_HOME, "POST", "/disable-baseline", "",
     NULL, NULL, NULL, 0, NULL,
     "controltower:DisableBaseline controltower:DeregisterOrganizationalUnit"},
    {SVC_CONTROLTOWER, "EnableBaseline", EFFECT_WRITE, REACH_HOME, "POST", "/enable-baseline", "",
     NULL, NULL, NULL, 0, NULL,
     "controltower:EnableBaseline controltower:ManageOrganizationalUnit"},
    {SVC_CONTROLTOWER, "GetBaseline", EFFECT_READ, REACH_HOME, "POST", "/get-baseline", "", NULL,
     NULL, NULL, 0, NULL, NULL},
    {SVC_CONTROLTOWER, "GetBaselineOperation", EFFECT_READ, REACH_HOME, "POST",
     "/get-baseline-operation", "", NULL, NULL, NULL, 0, NULL,
     "controltower:GetBaselineOperation controltower:DescribeRegisterOrganizationalUnitOperation"},
    {SVC_CONTROLTOWER, "GetEnabledBaseline", EFFECT_READ, REACH_HOME, "POST",
     "/get-enabled-baseline", "", NULL, NULL, NULL, 0, NULL,
     "controltower:GetEnabledBaseline controltower:DescribeManagedAccount "
     "controltower:DescribeManagedOrganizationalUnit"},
    {SVC_CONTROLTOWER, "GetLandingZone", EFFECT_READ, REACH_HOME, "POST", "/get-landingzone", "",
     NULL, NULL, NULL, 0, NULL,
     "controltower:GetLandingZone controltower:DescribeLandingZoneConfiguration "
     "controltower:GetAvailableUpdates controltower:GetLandingZoneDriftStatus "
     "controltower:GetLandingZoneStatus"},
    {SVC_CONTROLTOWER, "GetLandingZoneOperation", EFFECT_READ, REACH_HOME, "POST",
     "/get-landingzone-operation", "", NULL, NULL, NULL, 0, NULL,
     "controltower:GetLandingZoneOperation controltower:GetLandingZoneStatus"},
    {SVC_CONTROLTOWER, "ListBaselines", EFFECT_READ, REACH_HOME, "POST", "/list-baselines", "",
     "nextToken", "nextToken", "maxResults", 100, "baselines", NULL},
    {SVC_CONTROLTOWER, "ListEnabledBaselines", EFFECT_READ, REACH_HOME, "POST",
     "/list-enabled-baselines", "", "nextToken", "nextToken", "maxResults", 100, "enabledBaselines",
     "controltower:ListEnabledBaselines controltower:ListManagedAccounts "
     "controltower:ListManagedOrganizationalUnits"},
    {SVC_CONTROLTOWER, "ListEnabledControls", EFFECT_READ, REACH_HOME, "POST",
     "/list-enabled-controls", "", "nextToken", "nextToken", "maxResults", 200, "enabledControls",
     "controltower:ListEnabledControls controltower:ListGuardrailsForTarget"},
    {SVC_CONTROLTOWER, "ListLandingZoneOperations", EFFECT_READ, REACH_HOME, "POST",
     "/list-landingzone-operations", "", "nextToken", "nextToken", "maxResults", 100,
     "landingZoneOperations",
     "controltower:ListLandingZoneOperations controltower:GetLandingZoneStatus"},
    {SVC_CONTROLTOWER, "ListLandingZones", EFFECT_READ, REACH_HOME, "POST", "/list-landingzones",
     "", "nextToken", "nextToken", "maxResults", 1, "landingZones",
     "controltower:ListLandingZones controltower:GetHomeRegion"},
    {SVC_CONTROLTOWER, "ListTagsForResource", EFFECT_READ, REACH_HOME, "GET", "/tags/{resourceArn}",
     "", NULL, NULL, NULL, 0, NULL, NULL},
    {SVC_CONTROLTOWER, "ResetEnabledBaseline", EFFECT_WRITE, REACH_HOME, "POST",
     "/reset-enabled-baseline", "", NULL, NULL, NULL, 0, NULL,
     "controltower:ResetEnabledBaseline controltower:ManageOrganizationalUnit"},
    {SVC_CONTROLTOWER, "ResetLandingZone", EFFECT_WRITE, REACH_HOME, "POST", "/reset-landingzone",
     "", NULL, NULL, NULL, 0, NULL, "controltower:ResetLandingZone controltower:SetupLandingZone"},
    {SVC_CONTROLTOWER, "TagResource", EFFECT_WRITE, REACH_HOME, "POST", "/tags/{resourceArn}", "",
     NULL, NULL, NULL, 0, NULL, NULL},
    {SVC_CONTROLTOWER, "UntagResource", EFFECT_WRITE, REACH_HOME, "DELETE", "/tags/{resourceArn}",
     "tagKeys=tagKeys", NULL, NULL, NULL, 0, NULL, NULL},
    {SVC_CONTROLTOWER, "UpdateEnabledBaseline", EFFECT_WRITE, REACH_HOME, "POST",
     "/update-enabled-baseline", "", NULL, NULL, NULL, 0, NULL,
     "controltower:UpdateEnabledBaseline controltower:ManageOrganizationalUnit"},
    {SVC_CONTROLTOWER, "UpdateLandingZone", EFFECT_WRITE, REACH_HOME, "POST", "/update-landingzone",
     "", NULL, NULL, NULL, 0, NULL, "controltower:UpdateLandingZone controltower:SetupLandingZone"},
};

const struct op_rows ops_controltower = {controltower_rows,
                                         sizeof controltower_rows / sizeof *controltower_rows};
