/*
 * HTTP's Range, If-Range and entity tags (RFC 9110 sections 8.8.3, 13.1 and
 * 14), for one representation of known size. Pure text in, numbers out. A
 * request for several ranges is answered with the whole, as the RFC allows.
 */
#ifndef CONVECT_WIRE_HTTPRANGE_H
#define CONVECT_WIRE_HTTPRANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum httprange {
	HTTPRANGE_WHOLE,	 /* 200 */
	HTTPRANGE_PART,		 /* 206 */
	HTTPRANGE_UNSATISFIABLE, /* 416 */
};

struct httprange_span {
	uint64_t first;
	uint64_t len; /* at least 1 */
};

/*
 * `header` is the Range field's value or NULL. `ret_span` is always filled:
 * for HTTPRANGE_WHOLE with everything, for HTTPRANGE_UNSATISFIABLE with
 * nothing (len 0).
 */
enum httprange httprange_parse(
    const char *header, uint64_t size, struct httprange_span *ret_span);

/*
 * Whether If-Range (NULL: absent) lets the Range field stand: the same strong
 * tag, or exactly the date of Last-Modified. `etag` is ours with its quotes.
 */
bool httprange_if_range(const char *header, const char *etag, time_t mtime);

/* Whether a list such as If-None-Match's names `etag` (weakly) or is "*". */
bool httprange_etag_listed(const char *header, const char *etag);

/*
 * "Mon, 23 Nov 2026 14:00:00 GMT"; independent of the locale. `out` holds
 * HTTPRANGE_DATE_STRLEN bytes.
 */
#define HTTPRANGE_DATE_STRLEN 32
const char *httprange_date(time_t when, char out[HTTPRANGE_DATE_STRLEN]);

#endif
