"""How long a person waits for an answer: the running bot against a Bot API server on loopback.

    python -m benchmarks.latency

One claim at a time, about the sample report and about other things. Prints the median and the 95th
percentile of the time from when the update is handed to the bot until its answer has come in, and
how much of it the bot spent finding the answer.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

from tests.e2e.bot_api_server import BotApiServer
from tests.e2e.whole_bot import SAMPLE, installation

_PERSON = 501
_SUBJECTS = (
    "تنظيم داعش", "التحالف الدولي", "المرصد السوري", "قائد القوات", "سكان القرية",
    "وزارة الصحة", "البنك المركزي", "المنتخب الوطني", "فريق الإنقاذ", "شركة الطيران",
)  # fmt: skip
_DEEDS = (
    "محاصر في نصف مساحة خلافته قرب الحدود العراقية",
    "أعلن خروج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم",
    "قال إن 60 في المئة من الأراضي في سوريا لم تتحرر بعد",
    "لم يستخدم المدنيين دروعا بشرية في المعركة الأخيرة",
    "زرع الألغام لمنع المدنيين من الخروج منذ كانون الأول",
    "رفع سعر الخبز بنسبة عشرة بالمئة ابتداء من الشهر المقبل",
    "أوقف الرحلات إلى العاصمة بسبب العاصفة الثلجية",
    "عثر على أربعة ناجين تحت أنقاض المبنى بعد يومين من الزلزال",
    "نفى ما تداولته مواقع التواصل عن إغلاق المدارس",
    "وقّع اتفاقا جديدا لتصدير القمح والزيتون خلال عام 2023",
    "أكد أن لقاح الأطفال الجديد متوفر مجانا في المراكز كلها",
    "فاز على منافسه بثلاثة أهداف دون مقابل أمام عشرين ألف مشجع",
)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warm-up", type=int, default=20, help="claims sent first, not measured")
    parser.add_argument("--claims", type=int, default=100, help="claims measured, at most 100")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, BotApiServer() as server:
        program = installation(Path(folder) / "bot")
        program.call("ingest", SAMPLE, "--publish").check_returncode()
        program.call("reindex").check_returncode()
        log = Path(folder) / "log"
        with program.running(server, log):
            claims = _claims()
            for claim in islice(claims, given.warm_up):
                _answered(server, claim)
            waited = [_answered(server, claim) for claim in islice(claims, given.claims)]
        spent = _spent(log)[-len(waited) :]
    print(f"{len(waited)} claims, one at a time, problems {server.problems}")
    print(f"from update to answer: median {_median(waited):.0f} ms, p95 {_p95(waited):.0f} ms")
    print(f"of which finding it:   median {_median(spent):.0f} ms, p95 {_p95(spent):.0f} ms")


def _claims() -> Iterator[str]:
    """Yield different claims; neighbours differ in what they are about."""
    pairs = list(product(_SUBJECTS, _DEEDS))
    # 37 shares no factor with 120: every pair once, in scattered order.
    for number in range(len(pairs)):
        yield " ".join(pairs[number * 37 % len(pairs)])


def _answered(server: BotApiServer, claim: str) -> float:
    """Return the milliseconds from handing over ``claim`` to the answer's arrival."""
    before = len(server.sent)
    started = time.perf_counter()
    server.send_text(_PERSON, claim)
    server.wait_for_message(_PERSON, after=before)
    return (time.perf_counter() - started) * 1000


def _spent(log: Path) -> list[float]:
    """Return what the bot itself says each answer took to find, in milliseconds."""
    events = map(json.loads, log.read_text("utf-8").splitlines())
    return [float(e["talk_ms"]) for e in events if e["event"] == "update_answered"]


def _median(values: list[float]) -> float:
    return statistics.median(values)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
