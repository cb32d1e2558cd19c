#include "app/privmsg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/str.h"

/* Both ends are the same program, so the byte order is the machine's. */
struct header {
	uint32_t kind;
	uint32_t tree;
	uint32_t index;
};

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void
priv_msg_init(struct priv_msg *msg, enum priv_msg_kind kind)
{
	msg->kind = kind;
	msg->tree = 0;
	msg->index = 0;
	msg->fd = -1;
	msg->text[0] = '\0';
}

/* One part a line; the place is only a path, since nothing parses here. */
void
priv_msg_set_err(struct priv_msg *msg, const struct err *err)
{
	(void)snprintf(msg->text, sizeof msg->text, "%s\n%s\n%s", err->file,
	    err->text, err->hint);
}

void
priv_msg_get_err(const struct priv_msg *msg, struct err *err)
{
	char copy[PRIV_TEXT_MAX];
	char *rest = copy;
	const char *file;
	const char *text;

	str_copy(copy, sizeof copy, msg->text);
	file = strsep(&rest, "\n");
	text = strsep(&rest, "\n");
	err_at(err, file, 0, 0, "%s", text == NULL ? "" : text);
	if (rest != NULL && rest[0] != '\0')
		err_hint(err, "%s", rest);
}

static void
attach_fd(struct msghdr *hdr, union control *control, int fd)
{
	struct cmsghdr *cmsg;

	memset(control, 0, sizeof *control);
	hdr->msg_control = control;
	hdr->msg_controllen = sizeof *control;
	cmsg = CMSG_FIRSTHDR(hdr);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
}

int
priv_msg_send(int sock, const struct priv_msg *msg)
{
	struct header header = {msg->kind, msg->tree, msg->index};
	char text[PRIV_TEXT_MAX];
	struct iovec iov[] = {{&header, sizeof header}, {text, 0}};
	struct msghdr hdr = {.msg_iov = iov, .msg_iovlen = 2};
	union control control;
	ssize_t n;

	str_copy(text, sizeof text, msg->text);
	iov[1].iov_len = strlen(text);
	if (msg->fd >= 0)
		attach_fd(&hdr, &control, msg->fd);
	do {
		n = sendmsg(sock, &hdr, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return 0;
}

static int
detach_fd(struct msghdr *hdr)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(hdr);
	int fd;

	if (cmsg == NULL || cmsg->cmsg_level != SOL_SOCKET ||
	    cmsg->cmsg_type != SCM_RIGHTS ||
	    cmsg->cmsg_len != CMSG_LEN(sizeof fd))
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof fd);
	return fd;
}

static int
check_packet(const struct msghdr *hdr, const struct header *header, size_t len)
{
	if (len < sizeof *header || (hdr->msg_flags & MSG_TRUNC) != 0 ||
	    header->kind == 0 || header->kind >= PRIV_MSG_KINDS)
		return -EBADMSG;
	return 0;
}

int
priv_msg_receive(int sock, struct priv_msg *ret_msg)
{
	struct header header = {0};
	char text[PRIV_TEXT_MAX];
	struct iovec iov[] = {
	    {&header, sizeof header}, {text, sizeof text - 1}};
	union control control;
	struct msghdr hdr = {.msg_iov = iov,
	    .msg_iovlen = 2,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	ssize_t n;
	int fd;

	do {
		n = recvmsg(sock, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return -EPIPE;
	if (n < 0)
		return -errno;
	fd = detach_fd(&hdr);
	if (check_packet(&hdr, &header, (size_t)n) < 0) {
		if (fd >= 0)
			close(fd);
		return -EBADMSG;
	}
	priv_msg_init(ret_msg, (enum priv_msg_kind)header.kind);
	ret_msg->tree = header.tree;
	ret_msg->index = header.index;
	ret_msg->fd = fd;
	text[(size_t)n - sizeof header] = '\0';
	str_copy(ret_msg->text, sizeof ret_msg->text, text);
	return 0;
}
