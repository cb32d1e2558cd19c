/*
 * The operator's end of the control socket. One request a connection; the
 * daemon answers with lines and closes. The line format is the one of
 * net/ctlsock.h; what the commands mean is fixed here, and src/app/api.c
 * follows it.
 *
 *   -> {"command":NAME,"args":{...}}\n
 *   <- {"type":"data","data":JSON}          an answer, or one part of it
 *   <- {"type":"progress",...}              shown while it runs, see image-add
 *   <- {"type":"error","text":T,"hint":H}   failed; nothing follows
 *   <- {"type":"done"}                      succeeded; nothing follows
 *
 * "hint", and every member marked with a ? below, may be left out or null.
 * Descriptors travel by SCM_RIGHTS with the first byte of the request;
 * args.fds names them in their order.
 * Times are UTC text, "2026-11-23T14:00:00.123Z" (clock_format()).
 *
 * NODE, one row of `status`, of /api/v1/nodes and of an event's "state":
 *   {"name":"worker1", "mac":["52:54:00:aa:0b:01"], "phase":"loading",
 *    "percent":40?, "step":"extract"?, "want":1, "have":0, "attempts":1,
 *    "held":"reason"?, "locked":"reason"?, "drifted":false,
 *    "stalled":false, and when it is: "stalled_at":"iso" (the last that was
 *    seen: node_evidence_name()), "stalled_seen":T, "stalled_cause":T,
 *    "stalled_advice":T, "stalled_since":TIME,
 *    "image":"ubuntu-24.04.1"?, "address":"10.0.0.7"?, "last_seen":TIME?,
 *    "last_event":{"seq":7,"time":TIME,"kind":"loading",
 *    "text":"kernel fetched"}?, "fail_code":C?, "fail_evidence":T?,
 *    "arch":"amd64"?, "error":"its seed does not render: ..."?,
 *    "transfer":TRANSFER? while it loads}
 *
 * TRANSFER, the file of its image that a files worker sends, or sent last:
 *   {"file":"kernel"|"initrd"|"iso", "state":"running"|"done"|"broken",
 *    "bytes":N of "total":N that were asked for, "percent":N of all of the
 *    image's files, "rate":BYTES a second and "eta_s":N of the rest while they
 *    are known, "breaks":N? that broke off in this attempt}
 *
 * EVENT:
 *   {"seq":7, "time":TIME, "node":"worker1", "kind":"loading",
 *    "text":"kernel fetched", "fields":{...}}
 *
 * command       args                      data
 * info          {}                        {"version","pid","started":TIME,
 *                                         "inventory":[PATH],"operator_dir"?,
 *                                         "templates_dir","pxe_dir",
 *                                         "vault_files":[SPEC],
 *                                         "state_dir","images_dir",
 *                                         "http_url","files_url",
 *                                         "options":{...} as --config has them,
 *                                         "dhcp":{"received","overflowed",
 *                                         "offers","acks","send_errors",
 *                                         "dropped":{WHY:N}},
 *                                         "addresses_taken":[{"node",
 *                                         "addr","mac"}]}
 * status        {"pattern":P?,            [NODE] in inventory order; unknown
 *                "members":[NAME]?}       machines ("discovered") last. Of
 *                                         many nodes several lists, one
 *                                         behind the other. With "members"
 *                                         a NODE is the list of those of it,
 *                                         null where it has none;
 *                                         "last_event.text" is one, too
 * show          {"node":N,                NODE and "groups":[NAME],
 *                "show_secrets":B?}       "variables":{...},
 *                                         "why":[as below],"events":[EVENT]
 *                                         (the last 20, oldest first),
 *                                         "logs":{"files":N,"bytes":N,
 *                                         "time":TIME}? of its installers
 * events        {"node":P?,"since":SEQ?,  one EVENT a data line, oldest
 *               "since_ms":UNIX_MS?,      first; "follow" goes on until the
 *               "limit":N?,"follow":B}    client closes. "since": seq > SEQ;
 *                                         "limit": the newest N of them.
 *                                         First {"phase":"compacted",
 *                                         "first":SEQ,"time":TIME} of the
 *                                         oldest that is kept, as progress,
 *                                         when more was asked for
 *                                         "limit": the newest N of them
 * logs          {"node":N,"follow":B?,    the EVENTs of its callbacks, with
 *               "since_ms":UNIX_MS?}      secrets masked
 * log-files     {"node":N,"follow":B?}    one FILE a data line, oldest first:
 *                                         {"run":R,"generation","name",
 *                                         "bytes","time":TIME}
 * log-read      {"node":N,"run":R,        its text, masked, in pieces:
 *               "name":F}                 {"text":T}
 * host-keys     {"pattern":P?}            [{"name","chosen":B: the pattern
 *                                         names it,"ansible_host"?,
 *                                         "ansible_port"?,"ansible_user"?,
 *                                         "address"?,"keys":["TYPE BASE64"]?,
 *                                         "generation"? of these}], all hosts
 * timeline      {"node":N or MAC,         one ENTRY a data line, oldest
 *               "since_ms":UNIX_MS?,      first; "follow" goes on. Only with
 *               "packets":B?,             "packets" is "packet" there.
 *               "follow":B?}
 * why           {"node":N}                [{"stage":"dhcp","action":"local",
 *                                         "rule":"installed","why":TEXT}],
 *                                         a row for every stage; of one that
 *                                         is stalled also "install"
 * reinstall,    {"nodes":[NAME],          [NODE] as they are then, with
 * hold, lock,   "reason":T?}              "note":T? of what was not done;
 * release,                                a node that must not be touched
 * unlock,                                 refuses the whole order
 * cancel, adopt
 * expect-probe  {"mac":M}                 {"ms":N}: for so long a machine of
 *                                         that MAC is answered, for doctor
 * discover-list {}                        [MACHINE]
 * discover-show {"machine":M}             MACHINE and "details"? (as
 *                                         core/hardware.h), "events":[EVENT]
 * discover-ignore {"machine":M,"undo":B}  MACHINE; a MAC that was never seen
 *                                         can be ignored, too
 * cluster-status {}                       {"initialised_by"?,"since":TIME?,
 *                                         "up":B,"epoch":N,"ca":HEX?,
 *                                         "drivers":N of the inventory,
 *                                         "servers":N that etcd counts,
 *                                         "running":N of them,"quorum":B,
 *                                         "kubeconfig":B,"members":[{"name",
 *                                         "role":"server"|"agent","state":
 *                                         "out"|"joining"|"member"|"broken",
 *                                         "since":TIME?,"address"?,
 *                                         "generation":N,"away":B,"why":T?
 *                                         it would not get in now}]}
 * cluster-new   {}                        {}
 * cluster-forget {"node":N}               {}
 * cluster-backup {}                       {"version":1,"head":{..},
 *                                         "kubeconfig":{..}?,"members":[..]}
 * cluster-restore {"backup":as above}     {}
 * kubeconfig    {}                        {"kubeconfig":TEXT}
 * dashboard     {}                        {"url":"http://...?token=..."}
 * artifact-add  {"name":N,"sha256":HEX?,  {"name","kind","arch","version",
 *               "url":U?,"kind":K?,       "sha256","url","bytes":N}; progress
 *               "arch":A?,"version":V?,   as image-add
 *               "fds":["iso"]?}
 * artifact-fetch {"file":PATH,            [{"name","state":"fetched"|"there"}];
 *               "fds":["iso"]}: the list  progress as image-add, "image":N
 * artifact-list {}                        as artifact-add, in a list, each with
 *                                         "state":"good"|"not checked"|
 *                                         "missing"|"damaged"
 * artifact-verify {"name":N?}             as image-verify
 * artifact-remove {"name":N}              {"name"}
 * cache         {}                        {"offline":B,"bytes","bytes_max",
 *                                         "files","downloads","hits",
 *                                         "misses","fresh","stale","failed",
 *                                         "evicted"}, since its start
 * image-add     {"name":N?,"sha256":HEX?, {"name","release",...} as in
 *               "url":U?,"file":BASE?,    image-list; progress lines are
 *               "kernel_args":A?,         {"phase":"download"|"copy"|"hash"|
 *               "inspect":B?,             "extract"|"publish","bytes":N,
 *               "fds":["iso","kernel",    "total":N?} or {"phase":"note",
 *               "initrd"]?}               "text":T}
 * image-list    {}                        [{"name","release"?,"kernel",
 *                                         "initrd","iso"?,"kernel_args"?,
 *                                         "sha256"?,"bytes":N,
 *                                         "nodes":N,"default":B}]
 * image-verify  {"name":N?}               [{"name","ok":B,"problems":[T]}];
 *                                         progress as image-add, "image":N
 * image-remove  {"name":N,"force":B}      {"name"}
 *
 * MACHINE, one that no inventory names:
 *   {"mac","state":"waiting"|"gone"|"ignored","serial"?,"uuid"?,"vendor"?,
 *    "model"?,"arch"?,"address"?,"hardware":TEXT?,"first_seen":TIME,
 *    "last_seen":TIME,"inspected":TIME?}
 * M is its MAC in any spelling, or its serial number or UUID when no other
 * machine has it.
 *
 * ENTRY:
 *   {"time":TIME, "who":"dhcp"|"pxe"|"tftp"|"http"|"files"|"policy"|"event"|
 *    "start", "text":T, "direction":"in"|"out"?, "count":N? and "last":TIME?
 *    of alike ones that are this one, "earlier":N? of those before it}
 *   dhcp, pxe: "from":"10.0.0.7:68","to","interface"?,"bytes","type","xid",
 *    "secs","mac","class"?,"client"?,"arch"?,"ciaddr"?,"yiaddr"?,"siaddr"?,
 *    "giaddr"?,"requested"?,"server"?,"file"?,"drop"? why no answer,
 *    "packet":HEX?
 *   tftp, http, files: "from","verb","name","error"?; the latter two:
 *    "status","offset"?,"length","bytes","ms","complete":B
 *   policy: "stage","action","rule","why"
 *   event: "event":EVENT, "echo":true? when an entry says the same
 *
 * A pattern is an Ansible pattern or a MAC in any spelling; naming nothing is
 * an error. This module knows nothing of what commands do with the answers.
 */
#ifndef CONVECT_CTL_CLIENT_H
#define CONVECT_CTL_CLIENT_H

#include <stddef.h>

#include "base/err.h"
#include "inventory/value.h"

#define CLIENT_FDS_MAX 3
/* One answer line: status of 10,000 nodes is about 5 MB. */
#define CLIENT_LINE_MAX (64u << 20)

struct client_request {
	const char *socket; /* path */
	const char *command;
	struct value args; /* a map; borrowed */
	int fds[CLIENT_FDS_MAX];
	size_t fd_count;
};

struct client_handler {
	/* Borrowed values. A negative result ends the request with it. */
	int (*on_data)(struct value data, void *arg);
	int (*on_progress)(struct value line, void *arg); /* NULL: ignored */
	void *arg;
};

/*
 * Runs one request to its end, calling the handler for each line. Returns 0
 * after "done"; -ECONNREFUSED when no daemon listens (err says how to start
 * it); -EREMOTEIO when the daemon said "error" (err has its text and hint);
 * -EPROTO on an answer that is none; or what the handler returned.
 */
int client_run(const struct client_request *req,
    const struct client_handler *handler, struct err *err);

/*
 * The same for a command with one data line, or with lists that are parts of
 * one: the caller owns *ret_data.
 */
int client_ask(const char *socket, const char *command, struct value args,
    struct value *ret_data, struct err *err);

#endif
