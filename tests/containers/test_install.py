"""install.sh on a real engine: what it makes, what it refuses, and what is left when it is broken off."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.containers.appliance import INSTALL, Appliance, docker, issue


def test_what_is_installed_is_confined_and_answers_on_loopback_alone(
    appliance: Appliance, image: str
) -> None:
    said = appliance.install(image)
    assert appliance.get("/health") == {"status": "ok"}
    assert appliance.state() == "running healthy unless-stopped"
    form = (
        "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.Config.User}}"
        " {{range .HostConfig.PortBindings}}{{.}}{{end}}"
    )
    assert docker("inspect", "-f", form, appliance.name) == (
        f"true [ALL] [no-new-privileges] 10001:10001 [{{127.0.0.1 {appliance.port}}}]"
    )
    assert f"docker exec -it {appliance.name} quantos tui" in said
    code = said.partition("Invite")[2].split()[0]
    assert appliance.post("/auth/invite", {"invite_code": code})["access_token"]


def test_the_fingerprint_inside_is_that_of_the_machine(appliance: Appliance, image: str) -> None:
    appliance.install(image)
    outside = subprocess.run(
        ["sh", INSTALL.parent / "fingerprint.sh"], capture_output=True, text=True, check=True
    )
    inside = docker("exec", appliance.name, "python3", "-m", "licensing", "fingerprint")
    assert inside == outside.stdout.strip()


def test_a_second_run_changes_nothing_and_a_changed_setting_starts_it_anew(
    appliance: Appliance, image: str
) -> None:
    first = appliance.install(image)
    before = docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", appliance.name)
    again = appliance.run()
    assert (again.returncode, again.stderr) == (0, "")
    assert docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", appliance.name) == before
    assert "Invite" in first
    assert "Invite" not in again.stdout
    assert appliance.run("--env", "QUANTOS_MINIMUM_COMMISSION=5").returncode == 0
    assert docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", appliance.name) != before
    assert "QUANTOS_MINIMUM_COMMISSION=5" in docker("exec", appliance.name, "env")


def test_the_kept_installer_knows_its_installation(appliance: Appliance, image: str) -> None:
    appliance.install(image)
    kept = appliance.place / "install.sh"
    shutil.copy(INSTALL, kept)  # that of the image may be of an earlier commit
    ended = subprocess.run([kept], capture_output=True, text=True, check=False, env=appliance.environment())
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"127.0.0.1:{appliance.port}" in ended.stdout


@pytest.fixture(scope="session")
def shipped(image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as images/build leaves it."""
    folder = tmp_path_factory.mktemp("shipped") / "some images"
    folder.mkdir()
    archive = folder / "quantos-amd64.tar.gz"
    subprocess.run(f'docker save {image} | gzip -n -1 >"{archive}"', shell=True, check=True)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  {archive.name}\n")
    return folder


def test_the_image_comes_from_a_file_a_folder_or_a_bundle(
    appliance: Appliance, shipped: Path, tmp_path: Path
) -> None:
    appliance.install(str(shipped / "quantos-amd64.tar.gz"))
    taken = appliance.image()
    appliance.install(str(shipped))
    bundle = tmp_path / "quantos offline.tar"
    subprocess.run(["tar", "-C", shipped, "-cf", bundle, "."], check=True)
    assert appliance.run("--offline", str(bundle)).returncode == 0
    assert appliance.image() == taken


def test_the_image_comes_from_a_url_and_a_broken_download_goes_on(
    appliance: Appliance, shipped: Path
) -> None:
    served = subprocess.Popen(
        ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(shipped), "8931"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(1)
        appliance.install("http://127.0.0.1:8931/quantos-amd64.tar.gz")
    finally:
        served.terminate()
        served.wait()
    assert appliance.get("/health") == {"status": "ok"}


def test_a_damaged_image_is_refused_and_nothing_is_left(
    appliance: Appliance, shipped: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(shipped, damaged)
    with (damaged / "quantos-amd64.tar.gz").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0" * 100)
    ended = appliance.run("--image", str(damaged), "--port", str(appliance.port))
    assert ended.returncode == 1
    assert "is damaged or of another version" in ended.stderr
    assert appliance.state() == ""
    assert not appliance.place.exists()


def test_checksums_must_be_signed_where_a_key_is_named(
    appliance: Appliance, shipped: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "signed"
    shutil.copytree(shipped, folder)
    for name in ("vendor", "another"):
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / f"{name}.pem"], check=True
        )
        subprocess.run(
            [
                "openssl",
                "pkey",
                "-in",
                tmp_path / f"{name}.pem",
                "-pubout",
                "-out",
                tmp_path / f"{name}.pub.pem",
            ],
            check=True,
        )
    image = ("--image", str(folder), "--port", str(appliance.port))
    unsigned = appliance.run(*image, "--key", str(tmp_path / "vendor.pub.pem"))
    assert "must be signed" in unsigned.stderr
    sign = [
        "openssl",
        "pkeyutl",
        "-sign",
        "-inkey",
        str(tmp_path / "vendor.pem"),
        "-rawin",
        "-in",
        str(folder / "SHA256SUMS"),
    ]
    subprocess.run([*sign, "-out", str(folder / "SHA256SUMS.sig")], check=True)
    wrong = appliance.run(*image, "--key", str(tmp_path / "another.pub.pem"))
    assert "does not hold" in wrong.stderr
    assert not appliance.place.exists()
    assert appliance.run(*image, "--key", str(tmp_path / "vendor.pub.pem")).returncode == 0


def test_an_image_of_something_else_is_refused(appliance: Appliance, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM scratch\nLABEL title="another"\nCOPY Dockerfile /\n')
    docker("build", "--quiet", "--tag", "quantos-test:another", str(tmp_path))
    ended = appliance.run("--image", "quantos-test:another", "--port", str(appliance.port))
    assert ended.returncode == 1
    assert "is no image of QuantOS" in ended.stderr


def test_a_port_that_is_taken_is_named_before_anything_is_made(appliance: Appliance, image: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", appliance.port))
        taken.listen()
        ended = appliance.run("--image", image, "--port", str(appliance.port))
        checked = appliance.run("--check", "--port", str(appliance.port))
    assert ended.returncode == 1
    assert f"port {appliance.port} is taken: choose another with --port" in ended.stderr
    assert appliance.state() == ""
    assert checked.returncode == 1
    assert f"FAIL  port {appliance.port} is taken" in checked.stdout


def test_an_engine_that_does_not_answer_is_one_clear_line(appliance: Appliance, image: str) -> None:
    ended = appliance.run("--image", image, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert "Docker does not run" in ended.stderr


def test_a_service_that_does_not_become_healthy_is_taken_away_again(
    appliance: Appliance, unhealthy_image: str
) -> None:
    ended = appliance.run("--image", unhealthy_image, "--port", str(appliance.port), "--wait", "6")
    assert ended.returncode == 1
    assert "did not become healthy" in ended.stderr
    assert (appliance.state(), appliance.leftovers()) == ("", [])


KILLING = """#!/bin/sh
# docker, of which the call number $KILL_AT ends the program that calls, before or after it is done
n=$(cat "$KILL_COUNT" 2>/dev/null || echo 0)
n=$((n + 1))
echo $n >"$KILL_COUNT"
if [ $n = "$KILL_AT" ] && [ "$KILL_WHEN" = before ]; then kill -9 -"$KILL_GROUP"; fi
$DOCKER "$@"
code=$?
if [ $n = "$KILL_AT" ]; then kill -9 -"$KILL_GROUP"; fi
exit $code
"""


def killed_at(on: Appliance, call: int, when: str, folder: Path, *options: str) -> bool:
    """Run install.sh until this call of docker; False where it came to its end before."""
    folder.mkdir(exist_ok=True)
    (folder / "docker").write_text(KILLING)
    (folder / "docker").chmod(0o755)
    count = folder / "count"
    count.unlink(missing_ok=True)
    own = {
        "KILL_AT": str(call),
        "KILL_WHEN": when,
        "KILL_COUNT": str(count),
        "DOCKER": str(shutil.which("docker")),
    }
    path = f"{folder}:{os.environ['PATH']}"
    script = 'KILL_GROUP=$$ exec "$@"'
    ended = subprocess.run(
        ["sh", "-c", script, "sh", *on.command(*options)],
        env=on.environment(**own, PATH=path),
        capture_output=True,
        check=False,
        start_new_session=True,
    )
    return ended.returncode == -signal.SIGKILL


def test_killed_at_every_step_one_after_the_other_it_is_completed_by_the_run_after(
    appliance: Appliance, image: str, tmp_path: Path
) -> None:
    """Each run goes on from what the one before left, and gets one call of docker further."""
    options = ("--image", image, "--port", str(appliance.port))
    call = 1
    while killed_at(appliance, call, ("before", "after")[call % 2], tmp_path / "bin", *options):
        call += 3
    assert call > 15
    said = appliance.install(image)
    assert appliance.get("/health") == {"status": "ok"}
    assert appliance.state() == "running healthy unless-stopped"
    assert appliance.leftovers() == []
    assert "Address" in said


@pytest.mark.parametrize("call", [5, 10, 15, 20, 25])
def test_killed_at_a_step_it_is_completed_by_the_next_run(
    appliance: Appliance, image: str, tmp_path: Path, call: int
) -> None:
    options = ("--image", image, "--port", str(appliance.port))
    assert killed_at(appliance, call, "after", tmp_path / "bin", *options)
    said = appliance.install(image)
    assert appliance.get("/health") == {"status": "ok"}
    assert appliance.state() == "running healthy unless-stopped"
    assert appliance.leftovers() == []
    assert "Invite" in said


def test_two_at_once_do_not_meet(appliance: Appliance, image: str) -> None:
    (appliance.place / ".lock").mkdir(parents=True)
    owner = appliance.place / ".lock" / "owner"
    born = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    owner.write_text(f"{os.getpid()} {born}\n")
    ended = appliance.run("--image", image)
    assert ended.returncode == 1
    assert "another install.sh" in ended.stderr
    owner.write_text(f"{os.getpid()} {int(born) - 1}\n")  # another process had the number, before a restart
    appliance.install(image)
    (appliance.place / ".lock").mkdir()  # its owner ended before it could say so
    assert appliance.run().returncode == 0


def test_uninstalled_the_data_stay_and_are_used_by_the_next_installation(
    appliance: Appliance, image: str
) -> None:
    appliance.install(image)
    token = appliance.quantos("operator", "token")
    ended = appliance.run("--uninstall")
    assert ended.returncode == 0
    assert appliance.state() == ""
    assert docker("images", "-q", f"{appliance.name}-image") == ""
    appliance.install(image)
    assert appliance.quantos("operator", "token") == token
    assert appliance.run("--uninstall", "--purge").returncode == 0
    assert docker("volume", "ls", "-q", "--filter", f"name={appliance.volume}") == ""
    assert not appliance.place.exists()
    assert appliance.run("--uninstall", "--purge").returncode == 0  # once more, with nothing there


def test_the_compose_file_of_the_kit_makes_what_install_sh_makes(
    appliance: Appliance, image: str, tmp_path: Path
) -> None:
    folder = tmp_path / "by hand"
    for name in ("etc", "backups"):
        (folder / name).mkdir(parents=True)
    os.chown(folder / "backups", 10001, 10001)
    shutil.copy(INSTALL.parent / "deploy-kit/compose.yaml", folder)
    (folder / "quantos.env").touch()
    environment = {
        "QUANTOS_IMAGE": image,
        "QUANTOS_NAME": appliance.name,
        "QUANTOS_PUBLISH": str(appliance.port),
    }
    compose = ["docker", "compose", "--project-directory", str(folder), "-f", str(folder / "compose.yaml")]
    try:
        up = [*compose, "up", "--wait", "--quiet-pull"]
        subprocess.run(up, env=appliance.environment(**environment), check=True, capture_output=True)
        assert appliance.get("/health") == {"status": "ok"}
        confined = "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Config.User}}"
        assert docker("inspect", "-f", confined, appliance.name) == "true [ALL] 10001:10001"
        docker("exec", appliance.name, "quantos", "backup", "create", "/backups/one.zip")
        assert (folder / "backups" / "one.zip").exists()
    finally:
        down = [*compose, "down", "--volumes"]
        subprocess.run(down, env=appliance.environment(**environment), check=True, capture_output=True)


def test_a_licence_is_taken_with_the_installation_and_one_that_does_not_hold_changes_nothing(
    appliance: Appliance, image: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    script = ["sh", str(INSTALL.parent / "fingerprint.sh")]
    here = subprocess.run(script, capture_output=True, text=True, check=True).stdout.strip()
    good, other = issue(keys, "good one.json", here), issue(keys, "other.json", "0" * 63 + "1")
    (appliance.place / "etc").mkdir(parents=True)
    shutil.copy(keys / "vendor.pub.pem", appliance.place / "etc")
    key = ("--env", "QUANTOS_TEST_VENDOR_KEY=/etc/quantos/vendor.pub.pem")
    asked = ("--image", image, "--port", str(appliance.port), *key)

    missing = appliance.run(*asked, "--license", str(tmp_path / "none.json"))
    assert (missing.returncode, "none.json cannot be read" in missing.stderr) == (1, True)
    assert appliance.state() == ""
    refused = appliance.run(*asked, "--license", str(other))
    assert refused.returncode == 1
    assert here in refused.stdout + refused.stderr  # the machine that it is not for
    assert "Invite" in refused.stdout
    assert appliance.state() == "running healthy unless-stopped"
    assert standing(appliance) == ("evaluation", "evaluation")

    taken = appliance.run("--license", str(good))
    assert (taken.returncode, taken.stderr) == (0, "")
    assert standing(appliance) == ("licensed", "test")
    assert appliance.run("--license", str(other)).returncode == 1
    assert standing(appliance) == ("licensed", "test")
    kept = appliance.place / "etc"
    assert (kept / "license.json").read_bytes() == good.read_bytes()
    assert sorted(file.name for file in kept.iterdir()) == ["license.json", "vendor.pub.pem"]


def standing(of: Appliance) -> tuple[str, str]:
    found = json.loads(of.quantos("license", "status", "--json"))
    return found["mode"], found["edition"]


SYSTEMD = "mkdir -p /run/systemd/system; printf '#!/bin/sh\\n' >/usr/local/bin/systemctl; chmod +x /usr/local/bin/systemctl"
"""A bare Debian has no systemd: what is written for it is looked at, and nothing of it is started."""


def test_a_bare_debian_with_an_engine_is_enough_and_gets_the_units_of_the_kit(
    appliance: Appliance, image: str, tmp_path: Path
) -> None:
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    cli = shutil.which("docker")
    install = (
        f'sh /srv/install.sh --image {image} --name {appliance.name} --port {appliance.port} --dir "$PLACE"'
    )
    show = f"cat /etc/systemd/system/{appliance.name}{{.service,-backup.service,-backup.timer}}"
    command = [
        "docker",
        "run",
        "--rm",
        "-v",
        f"{engine}:/var/run/docker.sock",
        "-v",
        f"{cli}:/usr/bin/docker:ro",
    ]
    command += ["-v", f"{INSTALL}:/srv/install.sh:ro", "-v", f"{tmp_path}:{tmp_path}"]
    command += ["-e", f"PLACE={appliance.place}", os.environ.get("QUANTOS_TEST_BASE", "debian:trixie-slim")]
    done = subprocess.run(
        [*command, "bash", "-c", f"{SYSTEMD}; {install} >&2 && {show}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert appliance.get("/health") == {"status": "ok"}
    kit = INSTALL.parent / "deploy-kit"
    expected = [
        "\n".join(line for line in (kit / name).read_text().splitlines() if not line.startswith("#"))
        for name in ("quantos.service", "quantos-backup.service", "quantos-backup.timer")
    ]
    named = (
        "\n".join(expected)
        .replace(" quantos quantos ", " NAME quantos ")
        .replace("exec quantos ", "exec NAME ")
    )
    named = (
        named.replace("start quantos", "start NAME")
        .replace("60 quantos", "60 NAME")
        .replace("quantos.service", "NAME.service")
    )
    assert done.stdout.strip() == named.replace("NAME", appliance.name)
