"""Many rows in little memory, tables longer than a worksheet, and disks that end."""

import os
import resource
import subprocess
import unittest

from sample import PROGRAM, SHEETS, fresh, make, rows, workbook

MANY = 132_000
FEW = 2_000
LINKED = 66_000  # findings; links are kept in memory, up to the 65,530 of a worksheet
LISTED = 20_000  # findings in a page


def measured(count):
    """Peak resident kilobytes of writing both reports of `count` findings."""
    folder = fresh(f"memory-{count}")
    # A sanitizer keeps what was freed; give it little to keep, so that the growth seen is ours.
    environment = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1:malloc_context_size=0")
    process = subprocess.Popen([PROGRAM, "many", folder, str(count)], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return usage.ru_maxrss, folder


class Memory(unittest.TestCase):
    def test_rows_cost_no_memory(self):
        few, _ = measured(LINKED)
        many, folder = measured(MANY)
        self.assertLess(many - few, 16 * 1024, f"{few} KB for {LINKED} findings, {many} KB for {MANY}")
        self.assertGreater((folder / "report.xlsx").stat().st_size, 4_000_000)


    def test_nor_do_they_in_the_streamed_formats(self):
        """Each on its own, over runs that are there already."""
        folders = {count: fresh(f"streamed-{count}") for count in (FEW, LISTED, 40_000)}
        for name in ["ndjson", "csv", "markdown", "junit", "sarif", "ocsf", "asff", "html", "oscal-ar", "oscal-poam"]:
            peaks = []
            for count in (LISTED if name == "html" else FEW, 40_000):  # a page may hold what it lists, and no more
                folder = folders[count]
                subprocess.run([PROGRAM, "many", folder, str(count), "1048576", "prometheus"], check=True)
                environment = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1:malloc_context_size=0")
                process = subprocess.Popen([PROGRAM, "many", folder, str(count), "1048576", name], env=environment)
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                self.assertEqual(process.returncode, 0, name)
                peaks.append(usage.ru_maxrss)
            self.assertLess(peaks[1] - peaks[0], 32 * 1024, (name, peaks))


class Splitting(unittest.TestCase):
    def test_long_tables_go_on_in_further_worksheets(self):
        book = workbook("many", 250, 103)  # 3 rows of heading, 100 of data
        names = [n for n in book.sheetnames if n.startswith("Findings")]
        self.assertEqual(names, ["Findings", "Findings (2)", "Findings (3)"])
        self.assertEqual([len(rows(book[n])) for n in names], [100, 100, 50])
        self.assertEqual(len({r["Finding id"] for n in names for r in rows(book[n])}), 250)
        at = book.sheetnames.index("Findings (3)")
        self.assertEqual(book.sheetnames[at + 1], "Landing Zone")
        for name in names:
            self.assertEqual(book[name].print_title_rows, "$1:$3")
            self.assertTrue(book[name].auto_filter.ref.startswith("A3:"))

    def test_a_table_that_just_fits_is_not_split(self):
        self.assertEqual(workbook("many", 100, 103).sheetnames, SHEETS)


class Disks(unittest.TestCase):
    def run_limited(self, folder, kind="small", limit=None, environment=None):
        def fence():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.run([PROGRAM, kind, folder], capture_output=True, text=True, preexec_fn=fence,
                              env=dict(os.environ, **(environment or {})))

    def test_a_full_disk_is_one_line_and_leaves_nothing(self):
        """Files may grow a little further in each round, until the workbook fits, and then it is whole."""
        whole = (make("hostile") / "report.xlsx").read_bytes()
        limit = (make("hostile") / "report.json").stat().st_size + 1
        refused = 0
        while True:
            folder = fresh(f"full-{limit}")
            (folder / "run.db").write_bytes((make("hostile") / "run.db").read_bytes())
            done = self.run_limited(folder, "hostile", limit)
            if done.returncode == 0:
                break
            refused += 1
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(f"cannot write {folder}/report.xlsx: ", done.stderr)
            left = {p.name for p in folder.iterdir()} - {"run.db-wal", "run.db-shm"}
            self.assertEqual(left, {"run.db", "report.json"})
            limit += 150_000
            self.assertLess(limit, 20_000_000)
        self.assertGreater(refused, 3)
        self.assertEqual((folder / "report.xlsx").read_bytes(), whole)

    def each_format(self):
        """(name, file name) of every format that the program has."""
        listed = subprocess.run([PROGRAM, "formats", "/nonexistent"], capture_output=True, text=True, check=True).stdout
        return [line.split() for line in listed.splitlines()]

    def test_no_format_leaves_a_part_of_itself_on_a_full_disk_or_spoils_what_was_there(self):
        """The disk ends at once, and where all but the last piece fits; the report of before is as it was."""
        formats = self.each_format()
        self.assertGreater(len(formats), 11)
        folder = fresh("every-full")
        (folder / "run.db").write_bytes((make("hostile") / "run.db").read_bytes())
        for name, file in formats:
            with self.subTest(name):
                path = folder / file
                whole = [PROGRAM, "hostile", folder, "0", "1048576", name]
                subprocess.run(whole, check=True)
                size = path.stat().st_size
                path.write_bytes(b"the report of yesterday")
                for limit in (0, size - 1):
                    done = subprocess.run(whole, capture_output=True, text=True,
                                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
                    self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
                    self.assertIn(f"cannot write {path}: ", done.stderr)
                    self.assertEqual(path.read_bytes(), b"the report of yesterday")
                path.unlink()
                self.assertEqual({p.name for p in folder.iterdir()} - {"run.db-wal", "run.db-shm"}, {"run.db"})

    def test_no_format_begins_where_it_may_not_write(self):
        folder = fresh("every-locked")
        (folder / "run.db").write_bytes((make("small") / "run.db").read_bytes())
        for name, file in self.each_format():
            with self.subTest(name):
                (folder / file).mkdir()
                done = subprocess.run([PROGRAM, "small", folder, "0", "1048576", name], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (1, f"cannot write {folder / file}: it is a directory\n"))
                (folder / file).rmdir()

    def test_the_temporary_directory_of_the_system_is_not_needed(self):
        folder = fresh("no-tmp")
        done = self.run_limited(folder, environment={"TMPDIR": "/nonexistent"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue((folder / "report.xlsx").exists())

    def test_a_target_that_cannot_be_replaced_is_named(self):
        folder = fresh("in-the-way")
        (folder / "report.xlsx").mkdir()
        done = self.run_limited(folder)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.strip(), f"cannot write {folder}/report.xlsx: it is a directory")


if __name__ == "__main__":
    unittest.main()
