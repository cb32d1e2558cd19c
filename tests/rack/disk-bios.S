/*
 * Boot sector of the rack's disks. Says on the serial port that the machine
 * came to its disk, and stops. The first 62 bytes leave room for the file
 * system's parameter block, so that the same disk can hold an EFI file.
 */
	.code16
	.globl	_start
_start:
	jmp	main
	.org	0x3e
main:
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	mov	$(0x7c00 + text), %si
	mov	$0x3fd, %dx		/* line status of the first port */
next:
	lodsb
	test	%al, %al
	jz	stop
	mov	%al, %ah
wait:
	in	%dx, %al
	test	$0x20, %al		/* room for a byte */
	jz	wait
	mov	%ah, %al
	mov	$0x3f8, %dx
	out	%al, %dx
	mov	$0x3fd, %dx
	jmp	next
stop:
	cli
	hlt
	jmp	stop
text:
	.asciz	"\r\nDISK-BOOT bios\r\n"
	.org	0x1fe
	.word	0xaa55
