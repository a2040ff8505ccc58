"""A chain that never moves says so, and what to do."""

from input_head import head

from lqcdnn.cli.main import main

INPUT = head([4, 2, 2, 4], "SU(2)", 50.0, name="run", trajectories=60, seed=5) + """\
[update]
steps = 1
length = 4.0
"""


def test_rejections_in_a_row_are_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.toml").write_text(INPUT)
    assert main(["generate", "in.toml", "--plain"]) == 0
    lines = capsys.readouterr().err.splitlines()
    (place,) = (i for i, line in enumerate(lines) if line.startswith("WARNING: 50 trajectories in a row"))
    assert 'run.initial = "hot"' in lines[place + 1]  # a cold start is often why
    assert "update.accept_first = 20" in lines[place + 2]
    assert max(map(len, lines)) <= 100
