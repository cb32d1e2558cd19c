#include "net/overflow.h"

#include <errno.h>
#include <string.h>

int
overflow_enable(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) < 0
		   ? -errno
		   : 0;
}

/* Zero is not sent. */
static uint32_t
read_number(struct msghdr *hdr)
{
	uint32_t number = 0;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(hdr); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(hdr, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SO_RXQ_OVFL)
			memcpy(&number, CMSG_DATA(cmsg), sizeof number);
	}
	return number;
}

void
overflow_read(struct overflow *overflow, struct msghdr *hdr)
{
	uint32_t number = read_number(hdr);

	/* An inherited socket has lost some in another process's time. */
	if (overflow->begun)
		overflow->lost += (uint32_t)(number - overflow->last);
	overflow->begun = true;
	overflow->last = number;
}
