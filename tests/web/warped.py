"""What a node tells, changed in one place after the other, and what its panel makes of it."""

from typing import Any

OTHER = "another version of Likeness"


def faults_of(page: Any, panel: str, key: str, state: dict[str, Any]) -> list[str]:
    """What the panel, a global of `page`, threw as each place was changed. Much must have been refused in words;
    afterwards it shows `state` as it is."""
    told = page.evaluate(_WARP, [panel, key, state])
    assert told["refused"] > 10, "hardly a place was looked at"
    assert OTHER in told["words"], told["words"]
    return told["faults"]


_WARP = """([name, key, state]) => {
    const panel = window[name];
    const others = [null, undefined, 7, 'x', [], {}, [[1]], [null], [{}], true];
    const placesOf = (value, way) => {
        if (typeof value !== 'object' || value === null) return [];
        const names = Object.keys(value).slice(0, Array.isArray(value) ? 2 : 40);
        return names.flatMap((at) => [[...way, at], ...placesOf(value[at], [...way, at])]);
    };
    const put = (way, other) => {
        const whole = structuredClone(state);
        const last = way.at(-1);
        const holder = way.slice(0, -1).reduce((value, at) => value[at], whole);
        holder[last] = other;
        return whole;
    };
    const faults = [];
    let [refused, words] = [0, ''];
    const say = panel.say;
    panel.say = (said, isFault) => {
        if (isFault && said.includes('version')) [refused, words] = [refused + 1, said];
        say.call(panel, said, isFault);
    };
    for (const way of [[], ...placesOf(state, [])]) for (const other of others) {
        try { panel.executed({ [key]: [way.length ? put(way, other) : other] }); }
        catch (fault) {
            const where = fault.stack.split('\\n').slice(0, 2).join(' ');
            faults.push(`${way.join('.')} = ${JSON.stringify(other)}: ${where}`);
        }
    }
    delete panel.say;
    panel.executed({ [key]: [state] });
    return { faults: faults.slice(0, 20), refused, words };
}"""
