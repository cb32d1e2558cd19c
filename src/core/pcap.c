#include "core/pcap.h"

#include <errno.h>

#include "base/wr.h"
#include "wire/ipudp.h"

enum {
	DATA_MAX = 2048,
	HEADER_LEN = 24,
	RECORD_LEN = 16,
	LINKTYPE_RAW = 101, /* begins with the IP header */
};

/* Big endian, with microseconds: readers tell by the magic number. */
#define MAGIC 0xa1b2c3d4u

void
pcap_write_header(struct buf *out)
{
	uint8_t header[HEADER_LEN];
	struct wr wr;

	wr_init(&wr, header, sizeof header);
	wr_u32be(&wr, MAGIC);
	wr_u16be(&wr, 2);
	wr_u16be(&wr, 4);
	wr_zeros(&wr, 8); /* UTC */
	wr_u32be(&wr, IPUDP_SIZE(DATA_MAX));
	wr_u32be(&wr, LINKTYPE_RAW);
	buf_add(out, header, wr.len);
}

int
pcap_write(const struct pcap_datagram *datagram, struct buf *out)
{
	struct ipudp msg = {
	    .from = datagram->from.sin_addr,
	    .to = datagram->to.sin_addr,
	    .from_port = ntohs(datagram->from.sin_port),
	    .to_port = ntohs(datagram->to.sin_port),
	    .data = datagram->data,
	    .len = datagram->len,
	};
	uint8_t packet[IPUDP_SIZE(DATA_MAX)];
	uint8_t record[RECORD_LEN];
	size_t missing = 0;
	struct wr wr;
	size_t len;
	int ret = ipudp_encode(&msg, 0, packet, sizeof packet, &len);

	if (ret < 0)
		return ret;
	if (datagram->full_len > datagram->len)
		missing = datagram->full_len - datagram->len;
	wr_init(&wr, record, sizeof record);
	wr_u32be(&wr, (uint32_t)(datagram->ms / 1000));
	wr_u32be(&wr, (uint32_t)(datagram->ms % 1000 * 1000));
	wr_u32be(&wr, (uint32_t)len);
	wr_u32be(&wr, (uint32_t)(len + missing));
	buf_add(out, record, wr.len);
	buf_add(out, packet, len);
	return 0;
}
