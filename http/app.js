/*
 * The dashboard. It loads /api/v1/nodes once, then follows /api/v1/events,
 * whose messages are events with the node's row as "state" (ctl/client.h has
 * the shapes). The browser resumes the stream by itself with Last-Event-ID.
 *
 * Everything shown is set as textContent or as a property, never as markup:
 * names, callbacks and packets are written by strangers.
 */
"use strict";

(() => {
	const PHASES = ["new", "booting", "loading", "installing", "installed",
		"firstboot", "ready", "failed", "discovered"];
	const FLAGS = ["held", "locked", "stalled", "drifted"];
	const SILENCE_MS = 10000; /* a longer one is told */
	const RETRY_MS = 3000;
	const TICK_MS = 5000;
	const LINE_MS = 2000; /* open time lines */
	const REFRESH_MS = 60000;
	const PAGE_ROWS = 200; /* and as many again for each "more" */

	const byId = (id) => document.getElementById(id);
	const body = byId("rows");
	const search = byId("search");
	/* name -> {state, hay, entries, entriesText, row, line}; a row is made
	 * when it is first shown. */
	const nodes = new Map();
	let limit = PAGE_ROWS;
	let kind = ""; /* the filter: a phase or a flag; "" is every node */
	let stream = null;
	let painting = false;

	/* ---- elements ---- */

	const make = (tag, className, text) => {
		const element = document.createElement(tag);

		if (className)
			element.className = className;
		if (text !== undefined && text !== null)
			element.textContent = String(text);
		return element;
	};

	const setText = (element, text) => {
		if (element.textContent !== text)
			element.textContent = text;
	};

	const text = (value) => typeof value === "string" ? value : "";
	const number = (value) => Number.isFinite(value) ? value : null;
	const phaseOf = (state) => PHASES.includes(state.phase) ?
		state.phase : "unknown";

	const ago = (time) => {
		const then = Date.parse(text(time));
		const seconds = Math.max(0, Math.floor((Date.now() - then) / 1000));

		if (Number.isNaN(then))
			return "";
		if (seconds < 5)
			return "now";
		if (seconds < 60)
			return `${seconds} s ago`;
		if (seconds < 3600)
			return `${Math.floor(seconds / 60)} min ago`;
		if (seconds < 86400)
			return `${Math.floor(seconds / 3600)} h ago`;
		return `${Math.floor(seconds / 86400)} d ago`;
	};

	const localTime = (time) => {
		const date = new Date(text(time));

		if (Number.isNaN(date.getTime()))
			return "";
		return date.toLocaleString(undefined, {
			month: "short", day: "2-digit", hour: "2-digit",
			minute: "2-digit", second: "2-digit", hour12: false,
		});
	};

	/* "14:00:00.123" */
	const exactTime = (time) => {
		const date = new Date(text(time));

		if (Number.isNaN(date.getTime()))
			return "";
		return date.toLocaleTimeString(undefined, {
			hour: "2-digit", minute: "2-digit", second: "2-digit",
			fractionalSecondDigits: 3, hour12: false,
		});
	};

	/* ---- one node ---- */

	const badge = (name, label, title) => {
		const element = make("span", `badge is-${name}`, label);

		if (title)
			element.title = title;
		return element;
	};

	const problemOf = (state) => text(state.held) || text(state.error) ||
		text(state.fail_code) || text(state.stalled_seen);

	/* What stands beside the phase: name, and words for it or "". */
	const flagsOf = (state) => [
		["held", typeof state.held === "string",
			text(state.held) || "by an operator"],
		["locked", typeof state.locked === "string",
			text(state.locked) || "by an operator"],
		["stalled", state.stalled === true,
			[state.stalled_seen, state.stalled_cause,
				state.stalled_advice].map(text)
				.filter((part) => part !== "").join("; ")],
		["drifted", state.drifted === true,
			"installed from older files than there are now"],
	].filter(([, set]) => set);

	const paintPhase = (cell, state) => {
		const name = phaseOf(state);
		const badges = [badge(name, text(state.phase) || name)];

		for (const [flag, , why] of flagsOf(state))
			badges.push(badge(flag, flag, why));
		cell.replaceChildren(...badges);
	};

	const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

	/* What it fetches of its image, and how fast. */
	const fetching = (state) => {
		const transfer = state.transfer;
		const eta = number(transfer?.eta_s);

		if (!transfer)
			return "";
		if (transfer.state === "broken")
			return `${text(transfer.file)} broke off at ` +
				`${megabytes(number(transfer.bytes) ?? 0)} of ` +
				`${megabytes(number(transfer.total) ?? 0)} MB`;
		return eta === null ? text(transfer.file) :
			`${text(transfer.file)}, ` +
			`${megabytes(number(transfer.rate) ?? 0)} MB/s, ${eta} s`;
	};

	const paintDone = (cell, state) => {
		const percent = number(state.percent) ??
			number(state.transfer?.percent);
		let bar = cell.querySelector("progress");

		if (percent === null) {
			cell.replaceChildren();
			return;
		}
		if (bar === null) {
			bar = make("progress");
			bar.max = 100;
			cell.replaceChildren(bar, make("span"));
		}
		bar.value = percent;
		bar.setAttribute("aria-label", `${text(state.name)} progress`);
		setText(cell.lastChild, `${Math.round(percent)} % ` +
			(fetching(state) || text(state.step)));
	};

	const paintEvent = (cell, state) => {
		const last = state.last_event || {};
		const problem = problemOf(state);
		const parts = [];

		if (problem)
			parts.push(make("span", "problem", problem));
		/* "held by uid 0: reason" has the reason in it already. */
		if (text(last.text) && !(problem &&
				text(last.text).endsWith(problem)))
			parts.push(make(problem ? "small" : "span", "", last.text));
		cell.replaceChildren(...parts);
	};

	const paintRow = (node) => {
		const state = node.state;
		const cells = node.row.children;
		const mac = Array.isArray(state.mac) ? state.mac.join(" ") : "";

		setText(cells[0].firstChild, text(state.name));
		setText(cells[0].lastChild, mac);
		paintPhase(cells[1], state);
		paintDone(cells[2], state);
		setText(cells[3], text(state.image));
		paintEvent(cells[4], state);
		cells[5].title = localTime(state.last_seen);
		setText(cells[5], ago(state.last_seen));
	};

	const makeRow = (name) => {
		const row = make("tr", "node");
		const cell = make("td", "name");
		const button = make("button", "", name);

		button.type = "button";
		button.setAttribute("aria-expanded", "false");
		cell.append(button, make("small"));
		row.append(cell, make("td", "phase"), make("td", "done"),
			make("td", "image"), make("td", "event"),
			make("td", "when"));
		row.addEventListener("click", () => toggle(name));
		return row;
	};

	/* ---- the time line under a row ---- */

	/* "+0.004", "+12.300"; longer ones are told as silence. */
	const delta = (ms) => `${ms < 0 ? "-" : "+"}` +
		`${(Math.abs(ms) / 1000).toFixed(3)}`;

	const duration = (ms) => {
		if (ms < 600000)
			return `${(ms / 1000).toFixed(1)} s`;
		if (ms < 3600000)
			return `${Math.floor(ms / 60000)} minutes`;
		return `${Math.floor(ms / 3600000)} h ` +
			`${Math.floor(ms % 3600000 / 60000)} min`;
	};

	const ARROWS = {in: "\u2190", out: "\u2192"}; /* seen from the daemon */

	/* What is wrong must be seen first. */
	const entryClass = (entry) => {
		const kind = text(entry.event?.kind);

		if (["failed", "hold", "refused"].includes(kind) || entry.complete === false ||
		    text(entry.error) || text(entry.action) === "refuse" ||
		    (number(entry.status) ?? 0) >= 400)
			return "is-bad";
		if (["ready", "installed", "adopted"].includes(kind))
			return "is-good";
		if (text(entry.drop))
			return "is-dim";
		return entry.who === "event" ? "is-event" : "";
	};

	const entryItem = (entry, after) => {
		const item = make("li", entryClass(entry));
		const time = make("time", "", exactTime(entry.time));

		time.dateTime = text(entry.time);
		time.title = localTime(entry.time);
		item.append(time, make("span", "delta",
			after === null ? "" : delta(after)),
			make("span", "kind",
				`${ARROWS[entry.direction] || ""} ${text(entry.who)}`),
			make("span", "text", text(entry.text)));
		return item;
	};

	const silenceItem = (ms) => make("li", "silence",
		`${duration(ms)} without news`);

	/* Newest first; a transfer is told when it is over. */
	const entryItems = (entries) => {
		const items = [];
		let before = null;
		let until = 0;

		for (const entry of entries) {
			const time = Date.parse(text(entry.time));
			const last = Date.parse(text(entry.last)) || time;
			const silence = time - (number(entry.ms) ?? 0) - until;

			if (entry.echo === true || Number.isNaN(time))
				continue;
			if (before !== null && silence >= SILENCE_MS)
				items.push(silenceItem(silence));
			items.push(entryItem(entry,
				before === null ? null : time - before));
			before = time;
			until = Math.max(until, last);
		}
		return items.reverse();
	};

	const fact = (list, name, value) => {
		const pair = make("div");

		if (value === "" || value === null || value === undefined)
			return;
		pair.append(make("dt", "", name), make("dd", "", value));
		list.append(pair);
	};

	const paintFacts = (list, state) => {
		list.replaceChildren();
		fact(list, "address", text(state.address));
		fact(list, "arch", text(state.arch));
		fact(list, "installs", `${number(state.have) ?? 0} of ` +
			`${number(state.want) ?? 0}`);
		fact(list, "attempts", number(state.attempts));
		fact(list, "step", text(state.step));
		fact(list, "stalled", text(state.stalled_seen));
		fact(list, "likely", text(state.stalled_cause));
		fact(list, "advice", text(state.stalled_advice));
		fact(list, "held", text(state.held));
		fact(list, "locked", text(state.locked));
		fact(list, "failure", text(state.fail_code));
		fact(list, "evidence", text(state.fail_evidence));
		fact(list, "error", text(state.error));
	};

	const paintLine = (node) => {
		const cell = node.line.firstChild;
		const list = cell.lastChild;

		paintFacts(cell.firstChild, node.state);
		list.replaceChildren(...entryItems(node.entries));
		if (list.firstChild === null)
			list.append(make("li", "", "Nothing yet."));
	};

	const makeLine = () => {
		const row = make("tr", "line");
		const cell = make("td");

		cell.colSpan = 6;
		cell.append(make("dl", "facts"), make("ol", "events"));
		row.append(cell);
		return row;
	};

	const loadEntries = async (name) => {
		const url = `/api/v1/nodes/${encodeURIComponent(name)}/timeline`;
		const answer = await fetch(url);
		const node = nodes.get(name);

		if (!answer.ok || node === undefined)
			return;
		const entries = await answer.text();

		/* What somebody reads, or marks to copy, stays as it is. */
		if (entries === node.entriesText)
			return;
		node.entriesText = entries;
		node.entries = JSON.parse(entries).entries || [];
		node.stale = true;
		schedulePaint();
	};

	/* Packets are no events: an open line is fetched anew all the time. */
	const loadOpen = () => {
		for (const [name, node] of nodes)
			if (node.line !== null && !document.hidden)
				loadEntries(name).catch(() => {});
	};

	const toggle = (name) => {
		const node = nodes.get(name);
		const button = node.row.querySelector("button");

		if (node.line === null) {
			node.line = makeLine();
			node.row.after(node.line);
			loadEntries(name).catch(() => {});
			paintLine(node);
		} else {
			node.line.remove();
			node.line = null;
		}
		node.row.classList.toggle("open", node.line !== null);
		button.setAttribute("aria-expanded", String(node.line !== null));
	};

	/* ---- all nodes ---- */

	/* What a search looks at. */
	const hayOf = (state) => {
		const mac = Array.isArray(state.mac) ? state.mac.join(" ") : "";

		return [state.name, mac, state.phase, state.image,
			state.address, problemOf(state),
			...flagsOf(state).map(([flag]) => flag)].join(" ")
			.toLowerCase();
	};

	/* What its buttons above the table count. */
	const kindsOf = (state) => [phaseOf(state),
		...flagsOf(state).map(([flag]) => flag)];

	const matches = (node, words) => {
		if (kind !== "" && !node.kinds.includes(kind))
			return false;
		return words.every((word) => node.hay.includes(word));
	};

	const paintPhases = () => {
		const counts = new Map();
		const list = byId("phases");
		const items = [];

		for (const node of nodes.values())
			for (const name of node.kinds)
				counts.set(name, (counts.get(name) || 0) + 1);
		for (const name of [...PHASES, "unknown", ...FLAGS]) {
			const count = counts.get(name) || 0;
			const item = make("li");
			const button = make("button", `is-${name}`,
				`${count} ${name}`);

			if (count === 0 && name !== kind)
				continue;
			button.type = "button";
			button.setAttribute("aria-pressed", String(name === kind));
			button.addEventListener("click", () => {
				kind = name === kind ? "" : name;
				limit = PAGE_ROWS;
				schedulePaint();
			});
			item.append(button);
			items.push(item);
		}
		/* A button that is being used keeps its focus. */
		const focused = [...list.querySelectorAll("button")]
			.indexOf(document.activeElement);
		list.replaceChildren(...items);
		if (focused >= 0)
			list.querySelectorAll("button")[focused]?.focus();
	};

	const paintNode = (node) => {
		if (node.row === null)
			node.row = makeRow(text(node.state.name));
		if (!node.stale)
			return;
		node.stale = false;
		paintRow(node);
		if (node.line !== null)
			paintLine(node);
	};

	/* Only what differs is moved: rows in use keep focus and selection. */
	const placeRows = (rows) => {
		const wanted = new Set(rows);

		for (const row of [...body.children])
			if (!wanted.has(row))
				row.remove();
		rows.forEach((row, i) => {
			if (body.children[i] !== row)
				body.insertBefore(row, body.children[i] || null);
		});
	};

	const paint = () => {
		const words = search.value.toLowerCase().split(/\s+/);
		const rows = [];
		let shown = 0;

		painting = false;
		for (const node of nodes.values()) {
			if (!matches(node, words) || ++shown > limit)
				continue;
			paintNode(node);
			rows.push(node.row);
			if (node.line !== null)
				rows.push(node.line);
		}
		placeRows(rows);
		paintPhases();
		byId("empty").hidden = shown > 0;
		byId("nodes").hidden = shown === 0;
		byId("more").hidden = shown <= limit;
		setText(byId("more"), `${shown - limit} more`);
		setText(byId("empty"), nodes.size === 0 ?
			"The inventory names no node yet." :
			"No node matches.");
	};

	/* However many events come in, one painting a frame is enough. */
	const schedulePaint = () => {
		if (painting)
			return;
		painting = true;
		requestAnimationFrame(paint);
	};

	const seqOf = (state) => number(state.last_event?.seq) ?? 0;

	/* What was fetched may be older than what the stream has brought. */
	const update = (state, force) => {
		const name = text(state && state.name);
		let node = nodes.get(name);

		if (name === "")
			return null;
		if (node !== undefined && !force &&
		    seqOf(state) < seqOf(node.state))
			return node;
		if (node === undefined) {
			node = {entries: [], entriesText: "",
				row: null, line: null};
			nodes.set(name, node);
		}
		node.state = state;
		node.hay = hayOf(state);
		node.kinds = kindsOf(state);
		node.stale = true;
		return node;
	};

	/* ---- the connection ---- */

	const showLink = (kind, label) => {
		const link = byId("link");

		link.className = `link ${kind}`;
		setText(link, label);
	};

	const showNotice = (message) => {
		byId("notice").hidden = message === "";
		setText(byId("notice"), message);
	};

	const drop = (name, node) => {
		node.row?.remove();
		node.line?.remove();
		nodes.delete(name);
		schedulePaint();
	};

	const onEvent = (message) => {
		let event;

		try {
			event = JSON.parse(message.data);
		} catch {
			return;
		}
		const gone = event.kind === "forgotten";
		const node = event.state && !gone ?
			update(event.state, false) : nodes.get(text(event.node));

		if (!node)
			return;
		/* A machine that is no longer waited for. */
		if (gone) {
			drop(text(event.node), node);
			return;
		}
		node.stale = true;
		schedulePaint();
	};

	/* No event: nothing of it lasts. */
	const onTransfer = (message) => {
		let news;

		try {
			news = JSON.parse(message.data);
		} catch {
			return;
		}
		const node = nodes.get(text(news.name));

		if (!node)
			return;
		node.state = {...node.state, transfer: news.transfer};
		node.stale = true;
		schedulePaint();
	};

	const follow = (seq) => {
		stream = new EventSource(`/api/v1/events?since=${seq}`);
		stream.addEventListener("open", () => showLink("live", "live"));
		stream.addEventListener("event", onEvent);
		stream.addEventListener("transfer", onTransfer);
		/* Away for so long that events in between are gone. */
		stream.addEventListener("compacted",
			() => load(true).catch(() => {}));
		stream.addEventListener("error", () => {
			showLink("down", "connection lost, trying again");
			/* Closed: refused, and not tried again by itself. */
			if (stream.readyState === EventSource.CLOSED)
				setTimeout(start, RETRY_MS);
		});
	};

	const dropGone = (present) => {
		for (const [name, node] of nodes) {
			if (!present.has(name))
				drop(name, node);
		}
	};

	const load = async (force) => {
		const answer = await fetch("/api/v1/nodes",
			{headers: {Accept: "application/json"}});

		if (answer.status === 401 || answer.status === 403) {
			showNotice("This page's token is not valid any more. Run " +
				"convect-pxectl dashboard and open the address " +
				"that it prints.");
			throw new Error("no access");
		}
		if (!answer.ok)
			throw new Error(`HTTP ${answer.status}`);
		const data = await answer.json();

		dropGone(new Set(data.nodes.map((state) => text(state.name))));
		for (const state of data.nodes)
			update(state, force);
		for (const node of nodes.values())
			node.stale = true;
		showNotice("");
		schedulePaint();
		return number(data.seq) ?? 0;
	};

	const start = async () => {
		if (stream !== null)
			stream.close();
		try {
			follow(await load(true));
		} catch {
			showLink("down", "no connection, trying again");
			setTimeout(start, RETRY_MS);
		}
	};

	/* What changes without an event: the inventory, "stalled" and "drifted". */
	const refresh = () => {
		if (!document.hidden && stream !== null &&
		    stream.readyState === EventSource.OPEN)
			load(false).catch(() => {});
	};

	search.addEventListener("input", () => {
		limit = PAGE_ROWS;
		schedulePaint();
	});
	byId("more").addEventListener("click", () => {
		limit += PAGE_ROWS;
		schedulePaint();
	});
	document.addEventListener("visibilitychange", refresh);
	setInterval(refresh, REFRESH_MS);
	setInterval(loadOpen, LINE_MS);
	setInterval(() => {
		for (const node of nodes.values())
			if (node.row?.isConnected)
				setText(node.row.lastChild,
					ago(node.state.last_seen));
	}, TICK_MS);
	start();
})();
