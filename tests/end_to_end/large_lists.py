"""Long lists are read completely through pages of twenty, some of them empty, and no page is requested twice."""
import json
import unittest

import simulator

ACCOUNTS = 1000


class AThousandAccounts(simulator.Story):
    world = {"generate": f"accounts={ACCOUNTS},ous=40,regions=3,resources=2,seed=11", "quirks": {"empty_pages": True}}

    def pages(self, operation):
        """The answers of the simulator to an operation so far."""
        with open(self.sim.recording, encoding="utf-8") as lines:
            return [json.loads(one["response"]["body"]) for one in map(json.loads, lines)
                    if one.get("operation") == operation]

    def test_are_listed_whole_over_pages_of_twenty_some_empty(self):
        accounts = self.aws.ok("organizations list-accounts")["Accounts"]
        self.assertEqual((len(accounts), len({one["Id"] for one in accounts})), (ACCOUNTS, ACCOUNTS))
        sizes = [len(page["Accounts"]) for page in self.pages("ListAccounts")]
        self.assertEqual((sum(sizes), max(sizes)), (ACCOUNTS, 20))
        self.assertIn(0, sizes[:-1], "no page was empty though it led on")

    def test_come_in_the_pages_one_asks_for(self):
        first = self.aws.ok("organizations list-accounts", max_items=7, page_size=5)
        self.assertEqual(len(first["Accounts"]), 7)
        rest = self.aws.ok("organizations list-accounts", starting_token=first["NextToken"], page_size=20)["Accounts"]
        self.assertEqual(len({one["Id"] for one in first["Accounts"] + rest}), ACCOUNTS)

    def test_are_the_same_by_way_of_the_tree(self):
        found, units = set(), ["r-" + self.aws.ok("organizations list-roots")["Roots"][0]["Id"][2:]]
        for parent in units:
            found |= {one["Id"] for one in self.aws.ok("organizations list-accounts-for-parent",
                                                       parent_id=parent)["Accounts"]}
            units += [one["Id"] for one in self.aws.ok("organizations list-organizational-units-for-parent",
                                                       parent_id=parent)["OrganizationalUnits"]]
        self.assertEqual((len(found), len(units)), (ACCOUNTS, 1 + 41))

    def test_have_their_enabled_baselines_each(self):
        backup = f"arn:aws:controltower:{simulator.HOME}::baseline/APO9ATVPBKFRRGLK"
        rows = self.aws.ok("controltower list-enabled-baselines", filter={"baselineIdentifiers": [backup]},
                           include_children=True)["enabledBaselines"]
        covered = {one["targetIdentifier"] for one in rows if ":account/" in one["targetIdentifier"]}
        self.assertGreater(len(covered), ACCOUNTS - 10)
        self.assertEqual(len(rows), len({one["arn"] for one in rows}))


if __name__ == "__main__":
    unittest.main()
