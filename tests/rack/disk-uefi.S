/*
 * \EFI\BOOT\BOOTX64.EFI of the rack's disks: says on the serial port that the
 * firmware came to the disk, and stops. Position independent and without
 * data of its own, so that no relocations are needed.
 */
	.globl	efi_main
	.text
efi_main:
	cld
	lea	text(%rip), %rsi
next:
	lodsb
	test	%al, %al
	jz	stop
	mov	%al, %ah
	mov	$0x3fd, %dx		/* line status of the first port */
wait:
	in	%dx, %al
	test	$0x20, %al		/* room for a byte */
	jz	wait
	mov	%ah, %al
	mov	$0x3f8, %dx
	out	%al, %dx
	jmp	next
stop:
	cli
	hlt
	jmp	stop
text:
	.asciz	"\r\nDISK-BOOT uefi\r\n"
