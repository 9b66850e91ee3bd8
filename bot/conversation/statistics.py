"""Compose the statistics of /stats: figures and a chart."""

from datetime import timedelta

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import format_percent

from bot.conversation import charts
from bot.conversation.answer_texts import cut_short
from bot.conversation.charts import Chart, Form
from bot.conversation.delivery_failures import compose_failure_line
from bot.conversation.reply import Block, Picture, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.domain import Outcome
from knowledge.statistics.trends import Trends

#: Fastest-growing clusters, and languages, that are listed.
LISTED = 3


def compose_statistics(trends: Trends, words: Catalogue) -> Reply:
    """Compose the figures of a period with their chart."""
    say, locale = words.say, words.language.value
    last = words.day((trends.until - timedelta(seconds=1)).date())
    opening = say("📊 From {first} to {last}").format(
        first=words.day(trends.since.date()), last=last
    )
    counted = dict(trends.outcomes)
    lines = [say("Questions: {count}").format(count=trends.asked)]
    if trends.match_rate is not None:
        share = format_percent(trends.match_rate, locale=locale)
        lines.append(say("Settled by a report: {share}").format(share=share))
    named = (f"{charts.name_outcome(each, words)} {counted.get(each, 0)}" for each in Outcome)
    lines.append(" · ".join(named))
    lines.append(say("“Not what I asked”: {count}").format(count=trends.disputed))
    waited = trends.to_answer
    if waited.middle is not None:
        time = format_timedelta(waited.middle, locale=locale)
        text = say("Answered by moderators: {count}, half of them within {time}")
        lines.append(text.format(count=waited.answered, time=time))
    unreached = say("People who could not be told, in the last 7 days: {count}")
    lines.append(unreached.format(count=trends.unreached))
    if trends.failures:
        lines.append(compose_failure_line(trends.failures, words))
    known = Locale(locale).languages
    if trends.languages:
        spoken = (f"{known.get(code, code)} {count}" for code, count in trends.languages[:LISTED])
        lines.append(say("Languages: {languages}").format(languages=" · ".join(spoken)))
    blocks = [Block(opening, Style.HEADLINE), Block("\n".join(lines))]
    growing = [each for each in trends.fastest if each.growth > 0][:LISTED]
    if growing:
        titles = "\n".join(
            f"• {words.quote(cut_short(each.title))} (+{each.growth})" for each in growing
        )
        blocks.append(Block(say("Growing fastest:") + f"\n{titles}"))
    drawn = (Chart.DAYS, Chart.OUTCOMES)
    png = charts.draw(drawn, trends, words, Form.PNG)
    alternative = " · ".join(charts.name_chart(each, words) for each in drawn)
    return Reply(tuple(blocks), picture=Picture(png, alternative))
