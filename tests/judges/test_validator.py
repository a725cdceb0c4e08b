"""The validator of recordings passes what botocore sends and reads, and catches each kind of lie."""
import contextlib
import io
import json
import os
import re
import tempfile
import unittest

import samples
import models
import validate_recording


class Validator(unittest.TestCase):
    def run_on(self, *exchanges, options=()):
        """(exit code, output) of the tool on a recording of these exchanges."""
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
            file.writelines(json.dumps(one) + "\n" for one in exchanges)
            file.flush()
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = validate_recording.main([*options, file.name])
        return code, out.getvalue()

    def refuses(self, one, *words, side="response"):
        """The tool fails on the exchange, with one violation that says these words."""
        code, out = self.run_on(one)
        self.assertEqual(code, 1, out)
        self.assertEqual(len(out.splitlines()), 1, out)
        for word in (side, *words):
            self.assertIn(word, out)

    def answered(self, sample, old, new, **headers):
        """The sample with one text in its answer's body replaced."""
        one = sample()
        self.assertIn(old, one["response"]["body"])
        one["response"]["body"] = one["response"]["body"].replace(old, new, 1)
        one["response"]["headers"].update(headers)
        return one

    def asked(self, sample, old, new, part="body"):
        one = sample()
        self.assertIn(old, one["request"][part])
        one["request"][part] = one["request"][part].replace(old, new, 1)
        return one


class GoodExchanges(Validator):
    def test_every_protocol_passes_as_botocore_speaks_it(self):
        code, out = self.run_on(*(sample() for sample in samples.ALL))
        self.assertEqual(code, 0, out)
        self.assertTrue(out.startswith(f"{len(samples.ALL)} exchanges of "), out)

    def test_samples_cover_every_protocol(self):
        seen = {models.load(sample()["service"]).protocol for sample in samples.ALL}
        self.assertEqual(seen, {"json", "rest-json", "query", "ec2", "rest-xml"})

    def test_unix_time_with_fraction_and_free_documents_pass(self):
        code, out = self.run_on(samples.kms_describe_key(), samples.controltower_manifest())
        self.assertEqual(code, 0, out)


class Recordings(Validator):
    def test_recording_of_nothing_fails(self):
        code, out = self.run_on()
        self.assertEqual(code, 1)
        self.assertIn("no exchange", out)

    def test_line_that_is_no_exchange_ends_the_program(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("{}\n")
            file.flush()
            with self.assertRaisesRegex(SystemExit, ":1: not an exchange"):
                validate_recording.main([file.name])

    def test_equal_violations_are_printed_once_with_their_count(self):
        one = self.answered(samples.kms_list_keys, '"Truncated"', '"Odd"')
        code, out = self.run_on(one, one, one)
        self.assertEqual((code, len(out.splitlines())), (1, 1))
        self.assertIn("(3)", out)

    def test_unknown_service_and_operation_fail(self):
        one = samples.kms_list_keys()
        one["service"] = "nosuch"
        self.refuses(one, "'nosuch' is unknown", side="request")
        one = samples.kms_list_keys()
        one["operation"] = "ListLocks"
        self.refuses(one, "'ListLocks' is not of this service", side="request")

    def test_refused_request_passes_only_when_allowed_and_refused(self):
        bad = self.asked(samples.kms_denied, '"KeyId"', '"Kid"')
        self.assertEqual(self.run_on(bad)[0], 1)
        self.assertEqual(self.run_on(bad, options=["--allow-refused"])[0], 0)
        taken = self.asked(samples.kms_describe_key, '"KeyId"', '"Kid"')
        self.assertEqual(self.run_on(taken, options=["--allow-refused"])[0], 1)

    def test_fault_made_on_purpose_excuses_the_answer_but_not_the_request(self):
        one = self.answered(samples.kms_list_keys, "{", "<html>")
        self.refuses(one, "not JSON")
        one["fault"] = "html"
        self.assertEqual(self.run_on(one)[0], 0)
        one["request"]["body"] = '{"Limits": 5}'
        self.refuses(one, "unknown member 'Limits'", side="request")


class JsonAnswers(Validator):
    def test_unknown_member_is_caught(self):
        self.refuses(self.answered(samples.kms_list_keys, '"Truncated"', '"Truncate"'),
                     "kms.ListKeys", "body: unknown member 'Truncate'")

    def test_unknown_member_deep_inside_is_caught_at_its_place(self):
        self.refuses(self.answered(samples.kms_list_keys, '"KeyArn"', '"KeyARN"'),
                     "body/Keys/[]: unknown member 'KeyARN'")

    def test_missing_member_is_caught(self):
        one = self.answered(samples.kms_describe_key, '"KeyId": "mrk', '"Description": "mrk')
        self.refuses(one, "body/KeyMetadata: missing member 'KeyId'")

    def test_wrong_enum_is_caught(self):
        self.refuses(self.answered(samples.kms_describe_key, '"Enabled", "Cre', '"ENABLED", "Cre'),
                     "body/KeyMetadata/KeyState: 'ENABLED' is not in the enum")

    def test_wrong_type_and_null_are_caught(self):
        self.refuses(self.answered(samples.kms_list_keys, "false", '"false"'), "str where boolean")
        self.refuses(self.answered(samples.kms_list_keys, "false", "null"), "NoneType where boolean")

    def test_timestamp_as_text_or_in_milliseconds_is_caught(self):
        self.refuses(self.answered(samples.kms_describe_key, "1700000000.25",
                                   '"2024-01-01T00:00:00Z"'), "CreationDate: str where number")
        self.refuses(self.answered(samples.kms_describe_key, "1700000000.25", "1700000000250"),
                     "CreationDate: violates maximum")

    def test_duplicate_member_is_caught(self):
        self.refuses(self.answered(samples.kms_list_keys, '"Truncated": false',
                                   '"Truncated": false, "Truncated": false'), "appears twice")

    def test_wrong_content_type_status_and_missing_request_id_are_caught(self):
        one = samples.kms_list_keys()
        one["response"]["headers"]["content-type"] = "application/json"
        self.refuses(one, "content-type")
        one = samples.kms_list_keys()
        one["response"]["status"] = 201
        self.refuses(one, "status: is 201")
        one = samples.kms_list_keys()
        del one["response"]["headers"]["x-amzn-requestid"]
        self.refuses(one, "no x-amzn-requestid")


class XmlAnswers(Validator):
    def test_wrong_list_element_name_is_caught(self):
        one = self.answered(samples.rds_list, "<Tag>", "<member>")
        one["response"]["body"] = one["response"]["body"].replace("</Tag>", "</member>")
        self.refuses(one, "list element 'member' instead of 'Tag'")
        one = self.answered(samples.ec2_volumes, "<item>", "<member>")
        body = one["response"]["body"]
        one["response"]["body"] = "</member>".join(body.rsplit("</item>", 1))
        self.refuses(one, "list element 'member' instead of 'item'")

    def test_unknown_element_is_caught(self):
        one = self.answered(samples.ec2_volumes, "volumeId>", "VolumeId>")
        one["response"]["body"] = one["response"]["body"].replace("</volumeId>", "</VolumeId>")
        self.refuses(one, "unknown element 'VolumeId'")

    def test_missing_member_is_caught(self):
        one = self.answered(samples.sts_assume_role, "<SessionToken>t</SessionToken>", "")
        self.refuses(one, "missing member 'SessionToken'")

    def test_wrong_enum_number_boolean_and_time_are_caught(self):
        for old, new, words in ((">in-use<", ">busy<", "'busy' is not in the enum"),
                                (">8<", ">8 GiB<", "not an integer"),
                                (">true<", ">True<", "not a boolean"),
                                ("01T00:00:00.000Z", "01 00:00:00", "does not match")):
            with self.subTest(new):
                self.refuses(self.answered(samples.ec2_volumes, old, new), words)

    def test_wrong_root_namespace_and_missing_result_are_caught(self):
        one = self.answered(samples.ec2_volumes, "<DescribeVolumesResponse", "<DescribeVolumeResponse")
        one["response"]["body"] = one["response"]["body"].replace("</DescribeVolumesR",
                                                                  "</DescribeVolumeR")
        self.refuses(one, "root element 'DescribeVolumeResponse'")
        self.refuses(self.answered(samples.sts_assume_role, "2011-06-15", "2011-06-16"), "namespace")
        one = self.answered(samples.sts_assume_role, "<ResponseMetadata><RequestId>r</RequestId>"
                            "</ResponseMetadata>", "")
        self.refuses(one, "missing element 'ResponseMetadata'")

    def test_s3_answers_are_judged_as_well(self):
        self.refuses(self.answered(samples.s3_location, "eu-central-1", "eu-nowhere-1"),
                     "'eu-nowhere-1' is not in the enum")
        one = self.answered(samples.s3_list, "<Bucket>", "<member>")
        one["response"]["body"] = one["response"]["body"].replace("</Bucket>", "</member>")
        self.refuses(one, "instead of 'Bucket'")


class Errors(Validator):
    def test_json_error_without_type_is_caught(self):
        self.refuses(self.answered(samples.kms_denied, '"__type"', '"code"'), "missing member '__type'")

    def test_rest_error_without_header_is_caught(self):
        one = samples.backup_vault_missing()
        del one["response"]["headers"]["x-amzn-errortype"]
        self.refuses(one, "x-amzn-errortype")

    def test_code_that_nobody_declares_is_caught(self):
        self.refuses(self.answered(samples.kms_denied, "AccessDeniedException", "OddException"),
                     "'OddException' is neither declared nor common")
        self.refuses(self.answered(samples.sts_denied, "AccessDenied", "Odd"), "neither declared")
        self.refuses(self.answered(samples.ec2_denied, "UnauthorizedOperation", "Odd"),
                     "neither declared")

    def test_member_that_the_error_does_not_have_is_caught(self):
        self.refuses(self.answered(samples.kms_denied, '"Message"', '"Note"'), "unknown member 'Note'")

    def test_xml_error_of_another_protocol_is_caught(self):
        one = samples.sts_denied()
        one["response"]["body"] = samples.ec2_denied()["response"]["body"]
        self.refuses(one, "root element 'Response' instead of 'ErrorResponse'")
        one = samples.ec2_denied()
        one["response"]["body"] = samples.sts_denied()["response"]["body"]
        self.refuses(one, "instead of 'Response'")
        one = samples.s3_no_tags()
        one["response"]["body"] = samples.sts_denied()["response"]["body"]
        self.refuses(one, "root element")

    def test_wrong_status_and_blame_are_caught(self):
        one = samples.controltower_manifest()
        one["response"] = {"status": 400, "headers": {
            "content-type": "application/json", "x-amzn-requestid": "r",
            "x-amzn-errortype": "ResourceNotFoundException"}, "body": '{"message": "none"}'}
        self.refuses(one, "status: is 400 instead of 404")
        self.refuses(self.answered(samples.sts_denied, "Sender", "Receiver"), "'Receiver'")


class Requests(Validator):
    def test_wrong_json_members_are_caught(self):
        self.refuses(self.asked(samples.kms_list_keys, '"Limit"', '"limit"'),
                     "unknown member 'limit'", side="request")
        self.refuses(self.asked(samples.kms_list_keys, "5", "5000"), "Limit", side="request")
        one = samples.kms_describe_key()
        one["request"]["body"] = "{}"
        self.refuses(one, "missing member 'KeyId'", side="request")

    def test_pattern_of_a_parameter_is_enforced(self):
        one = samples.backup_tag_resource()
        self.assertEqual(self.run_on(one)[0], 0)
        one = self.asked(samples.sts_assume_role, "RoleSessionName=session", "RoleSessionName=a%20b")
        self.refuses(one, "RoleSessionName: 'a b' does not match", side="request")

    def test_wrong_target_header_method_and_path_are_caught(self):
        one = samples.kms_list_keys()
        one["request"]["headers"]["x-amz-target"] = "TrentService.DescribeKey"
        self.refuses(one, "x-amz-target", side="request")
        one = samples.backup_list_vaults()
        one["request"]["method"] = "POST"
        self.refuses(one, "method", side="request")
        self.refuses(self.asked(samples.backup_list_vaults, "/backup-vaults/", "/vaults/", "target"),
                     "target", side="request")

    def test_query_string_is_judged(self):
        self.refuses(self.asked(samples.backup_list_vaults, "maxResults=3", "max=3", "target"),
                     "unknown parameter 'max'", side="request")
        self.refuses(self.asked(samples.backup_list_vaults, "maxResults=3", "maxResults=x", "target"),
                     "not an integer", side="request")
        self.refuses(self.asked(samples.backup_list_vaults, "maxResults=3", "maxResults=3000", "target"),
                     "MaxResults: violates maximum", side="request")

    def test_form_list_names_and_positions_are_judged(self):
        self.refuses(self.asked(samples.sts_assume_role, "PolicyArns.member.1", "PolicyArns.1"),
                     "instead of 'member'", side="request")
        self.refuses(self.asked(samples.ec2_volumes, "Filter.1.Value.2", "Filter.1.Value.3"),
                     "list positions", side="request")
        self.refuses(self.asked(samples.ec2_volumes, "MaxResults", "maxResults"),
                     "unknown parameter 'maxResults'", side="request")

    def test_form_version_and_action_are_judged(self):
        self.refuses(self.asked(samples.ec2_volumes, "2016-11-15", "2016-11-16"), "Version",
                     side="request")
        self.refuses(self.asked(samples.ec2_volumes, "=DescribeVolumes", "=DescribeRegions"), "Action",
                     side="request")

    def test_xml_request_body_is_judged(self):
        one = self.asked(samples.s3_put_tags, "<Value>", "<Worth>")
        one["request"]["body"] = one["request"]["body"].replace("</Value>", "</Worth>")
        self.refuses(one, "unknown element 'Worth'", side="request")


class Schemas(unittest.TestCase):
    def test_derived_schema_is_closed_and_demands_what_is_required(self):
        schema = models.load("kms").operation_schema("DescribeKey", "input")
        self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
        self.assertIs(schema["additionalProperties"], False)
        self.assertEqual(schema["required"], ["KeyId"])

    def test_members_outside_the_body_are_not_in_the_body(self):
        body = models.load("backup").operation_schema("ListBackupVaults", "input")
        self.assertEqual(body["properties"], {})
        located = models.load("backup").operation_schema("ListBackupVaults", "input", "located")
        self.assertIn("MaxResults", located["properties"])

    def test_java_patterns_become_searchable_ones(self):
        tag = models.regex(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$")
        for text, fits in (("Kostenstelle \u00e4\u00df 7", True), ("a;b", False)):
            self.assertEqual(bool(re.search(tag, text)), fits)
        name = models.regex(r"[\w+=,.@-]+")
        self.assertTrue(re.search(name, "role@x"))
        self.assertFalse(re.search(name, "role x"))
        self.assertFalse(re.search(name, "r\u00f6le"))

    def test_trimmed_models_serve_as_well(self):
        folder = os.environ.get("TOWERKEEP_MODELS")
        models.load.cache_clear()
        with tempfile.TemporaryDirectory() as trimmed:
            with open(os.path.join(trimmed, "mini.json"), "w", encoding="utf-8") as file:
                json.dump({"metadata": {"protocol": "json"}, "operations": {
                    "Do": {"name": "Do", "http": {}, "input": {"shape": "In"}}},
                    "shapes": {"In": {"type": "structure", "members": {"A": {"shape": "S"}}},
                               "S": {"type": "string", "enum": ["x"]}}}, file)
            try:
                os.environ["TOWERKEEP_MODELS"] = trimmed
                schema = models.load("mini").operation_schema("Do", "input")
            finally:
                del os.environ["TOWERKEEP_MODELS"]
                if folder:
                    os.environ["TOWERKEEP_MODELS"] = folder
                models.load.cache_clear()
        self.assertEqual(schema["properties"], {"A": {"type": "string", "enum": ["x"]}})


if __name__ == "__main__":
    unittest.main()
