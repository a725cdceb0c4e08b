"""What we write of OSCAL 1.2, as JSON Schema: a part of NIST's documented models (pages.nist.gov/OSCAL), with their data
types; nothing else may be in the documents."""

UUID = {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"}
LINE = {"type": "string", "pattern": r"^\S(.*\S)?\Z"}
TOKEN = {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_.-]*\Z"}
TEXT = {"type": "string", "minLength": 1}
TIME = {"type": "string", "format": "date-time", "pattern": "Z$"}
HREF = {"type": "string", "format": "uri-reference", "pattern": r"^[^\s]+$"}
URI = {"type": "string", "pattern": "^https?://"}


def listed(item):
    return {"type": "array", "minItems": 1, "items": item}


def thing(required, optional=None):
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": {**required, **(optional or {})}}


PROPS = listed(thing({"name": TOKEN, "value": LINE}, {"ns": URI}))
ACTOR = thing({"type": {"const": "tool"}, "actor-uuid": UUID})
ORIGIN = thing({"actors": listed(ACTOR)})
RELATED_OBSERVATIONS = listed(thing({"observation-uuid": UUID}))
RELATED_RISKS = listed(thing({"risk-uuid": UUID}))
COMPONENT = thing({"uuid": UUID, "type": LINE, "title": LINE, "description": TEXT,
                   "status": thing({"state": {"enum": ["under-development", "operational", "disposition", "other"]}})})
ITEM = thing({"uuid": UUID, "description": TEXT}, {"props": PROPS, "implemented-components": listed(thing({"component-uuid": UUID}))})
PLATFORM = thing({"uuid": UUID}, {"title": LINE, "uses-components": listed(thing({"component-uuid": UUID}))})
ASSETS = thing({"assessment-platforms": listed(PLATFORM)}, {"components": listed(COMPONENT)})
DEFINITIONS = thing({}, {"components": listed(COMPONENT), "inventory-items": listed(ITEM), "assessment-assets": ASSETS})
METADATA = thing({"title": LINE, "last-modified": TIME, "version": LINE, "oscal-version": {"pattern": r"^1\.2\.\d+$"}},
                 {"props": PROPS, "parties": listed(thing({"uuid": UUID, "type": {"enum": ["person", "organization"]}}, {"name": LINE}))})
SUBJECT = thing({"subject-uuid": UUID, "type": {"enum": ["component", "inventory-item"]}}, {"title": LINE, "props": PROPS})
OBSERVATION = thing({"uuid": UUID, "description": TEXT, "methods": listed({"enum": ["EXAMINE", "INTERVIEW", "TEST"]}), "collected": TIME},
                    {"title": LINE, "props": PROPS, "types": listed(TOKEN), "origins": listed(ORIGIN), "subjects": listed(SUBJECT),
                     "relevant-evidence": listed(thing({"description": TEXT}, {"href": HREF})), "remarks": TEXT})
FACET = thing({"name": TOKEN, "system": URI, "value": LINE})
RESPONSE = thing({"uuid": UUID, "lifecycle": {"enum": ["recommendation", "planned", "completed"]}, "title": LINE, "description": TEXT})
RISK = thing({"uuid": UUID, "title": LINE, "description": TEXT, "statement": TEXT,
              "status": {"enum": ["open", "investigating", "remediating", "deviation-requested", "deviation-approved", "closed"]}},
             {"origins": listed(ORIGIN), "characterizations": listed(thing({"origin": ORIGIN, "facets": listed(FACET)})),
              "remediations": listed(RESPONSE), "related-observations": RELATED_OBSERVATIONS})
STATUS = thing({"state": {"enum": ["satisfied", "not-satisfied"]}}, {"reason": {"enum": ["pass", "fail", "other"]}, "remarks": TEXT})
TARGET = thing({"type": {"enum": ["statement-id", "objective-id"]}, "target-id": TOKEN, "status": STATUS})
FINDING = thing({"uuid": UUID, "title": LINE, "description": TEXT, "target": TARGET},
                {"related-observations": RELATED_OBSERVATIONS, "related-risks": RELATED_RISKS})
METHOD = thing({"name": {"const": "assessment-method"}}, {"props": PROPS, "prose": TEXT})
PART = thing({"name": TOKEN}, {"id": TOKEN, "title": LINE, "prose": TEXT, "parts": listed(METHOD)})
OBJECTIVE = thing({"control-id": TOKEN, "parts": listed(PART)})
SELECTION = {"oneOf": [thing({"include-all": thing({})}), thing({"include-controls": listed(thing({"control-id": TOKEN}))})]}
RESULT = thing({"uuid": UUID, "title": LINE, "description": TEXT, "start": TIME,
                "reviewed-controls": thing({"control-selections": listed(SELECTION)})},
               {"end": TIME, "props": PROPS, "local-definitions": DEFINITIONS, "observations": listed(OBSERVATION), "risks": listed(RISK),
                "findings": listed(FINDING)})
BACK = thing({"resources": listed(thing({"uuid": UUID}, {"title": LINE, "description": TEXT, "rlinks": listed(thing({"href": HREF}))}))})
POAM_ITEM = thing({"uuid": UUID, "title": LINE, "description": TEXT}, {"props": PROPS, "related-risks": RELATED_RISKS})

SCHEMAS = {
    "assessment-results": thing({"assessment-results": thing(
        {"uuid": UUID, "metadata": METADATA, "import-ap": thing({"href": HREF}, {"remarks": TEXT}), "results": listed(RESULT)},
        {"local-definitions": thing({"objectives-and-methods": listed(OBJECTIVE)}), "back-matter": BACK})}),
    "plan-of-action-and-milestones": thing({"plan-of-action-and-milestones": thing(
        {"uuid": UUID, "metadata": METADATA, "poam-items": listed(POAM_ITEM)},
        {"system-id": thing({"id": LINE}, {"identifier-type": URI}), "local-definitions": DEFINITIONS, "observations": listed(OBSERVATION),
         "risks": listed(RISK), "back-matter": BACK})}),
}
