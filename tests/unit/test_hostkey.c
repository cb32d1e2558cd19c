/* Host keys: those of ssh-keygen are taken, and nothing else. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hostkey.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Made by ssh-keygen for this test. */
static const char rsa1024[] =
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDLOY8yq7HEu9iJL/jnxON5d4dP"
    "DqDBAAnafe5crmZcBscHFNavuekTyOAQEav1z0BDw051LRabLNWXRmTDnGkXE8S5"
    "xS0312qekqvdd4gBJuPC5dnZVpugM7J0CEZeJMiiHhxDqYpFt7VGPsbGAFtAKqHS"
    "DCCWRPSmVzdRf1dRvQ==";
static const char rsa3072[] =
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC1JwQBW2UjrEtJdfQAmy8cvBaX"
    "C7+bewsEjqAUinQFfe2Igx0KXVkRk7XqOq0KId8VQ/NEFgc+NRxIZofmzDKonmI0"
    "gie6rnAJQKuCMu7JRH9R1HcL3LKnDlNrDLZhfoadGSXRfLpl9TgxTXM5iBRMw5z6"
    "tzfEY9kk0oRi3+hpjneBoKi5y3uRbV9pXzdMFgN32/iGnwXdld+IDJcsEqqC4hS+"
    "pWC3bzOE5BPGBSAALbI8R6p7ImMFAHgFDJbe+3qEEHUQbObJEqDv21wHnYlPzAqg"
    "Mb+VsHpNxFWeNEfIsNFiyfpScjFbF6+k+hbu/boOAxUceC8Qm/GuvfvNx+3L6L3E"
    "wSO0fhMZsRQN2uyVW9Pa6V6GiiUJPiMQbBmgYbpSE/tTe2Ws7WcWanWw0bNe4+oT"
    "o8y4FGHoRksMAxnJSGsYc81XBFvQMKDB0xHkK4H3cum0wTovdVm88as8q4vKcvsj"
    "AHbMV8sZJWivLh3LSbNYC4mZST2J6zC7WF5OweU=";
static const char rsa4096[] =
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAACAQDqn6z27GusXTbhb1JBJUOiqKTm"
    "wW1N9w6udvahyEPF0tT+SHnsjjsjw3wQAzA52tIVqeoe1m5DsPiADuJXuWAfm4ng"
    "GujQze+s3WcoLAXvpWm4Z5RCoEv7xrjNHW/BXUlnhw3i7M2USim5yOBCLBs/QOsy"
    "UvkEQVN/Yfo4Alyga5/Q2K4DXpjatSmsNP6i/2e8UhRUOTGjtsNuvEpTHv5o5D0Q"
    "eQVsWGKp32a0NuBfoPwqvS5T3IOnttOdOdpO5MLJg7hCc93lyx3sdTlno1kwweza"
    "sbkT9LpSNP0vBYlaqCNkpXGxj1IKMjoiXC9eIyYcphVbmkK1QEgiGQ702dP2A0vm"
    "Rnm0qwJ1hDGpXBUAEt214h4zcnzAPM3chmp70PrGCsMju6VALJls+ZM1Cl2DJJyH"
    "uRsHrHDKYCVYLIVUv+dm/hSF9UQ/t69BZmPygjhikmxegk+xVJ4dNqRQKRe7Xs36"
    "qNd0DTmVgaelRC+I8gq4CIW67VxlI/Fs2n4jnHpzxHKe6qNGjhBEkr7r6J8MJkRO"
    "x4Uuf5PQQ/pf56Yp3ImgH90YVCPslVyCZAsMQDtJ6z9lxqklI2n3MOWGnPnWFnxM"
    "bsjWzz2EUthbsfMa3vzbkJFe3rcP2usgtdWAdPy8XoeZJWdOt4PDFn09z1GPG+FZ"
    "O2m06dU9dOFQXBNm4Q==";
static const char rsa8192[] =
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAEAQC/SC/sEBrtzeVSKpRu8vwS9vmM"
    "CDhLxgEan+cNDajV524GNclv2lJ3+1dpzbU8SzP6V+yRgITtZZ3qadXiHwR/i9a0"
    "mOPc1bHdsivDm+yv23vB10WBePYYeRerOzkPmeOJj8TZzRGu4Vw3nOO+HSDiEHxd"
    "xgEEGBzFG+27bevf/F+65LJKrIFgaHHoreCGQIQ4omHBNOOmPghBRUqkSwhGs4YD"
    "QDKE9Y18QH137EUkEwOZsXrbDkoQfWpEzm7UJJorYfOKAIZiMTRDuUw5SiaLxKbP"
    "d6Ir3iXWRn28GVeY+DnJxconpY1eGIEJw9qwekivuZmn2jn4dZCnfemhgapxreOz"
    "yJuAUE16OUb2Yepwkzmh7F//LuiMrPixx5pdtFyMK9bYBzpq/0rrmECHZ+60FBlI"
    "cKi/t9DeSo3/IyDC0pECBJFcXgDz9/BXXzquowXKWGUleUnCp/MQZHC9FPHEdcUa"
    "5rSuvZVxwWzG4rKpAnpK/ULN62IEEwM7MwaD/SPkISlku+2WU6FaarzsieyaUMOg"
    "vz7A/miAaBVm4zwf7J4K4Mb3kNMgBBUB3WYZjy9zQEW/JZQNXiRe8bpTiXDv+NPS"
    "0T0SYztAE4v2UavVcWFLUoOo4MNaZ5ndrjOUTXeIy78l/IQj6l4I0hzANI4YTrhw"
    "pqWxEg6tUGAxcmGTgzewYGGoCXVX62huj6ZXzKswmlwNjpl2PZL7GPzIUgw4Edlu"
    "AS/3ZOLglXrePL6xGWIH2E5TQGMZBSUvuudOY7EuPxXW5PDSKo1QXxZ4NcMLBuLE"
    "L7x53PlULiSA11k0DqehSm7b0c9sLXxvb5fR8SP2ecIb/cUuvnh27o8PAC4fhBGp"
    "Vi1Odaa7dbGK19t5FghwmD19YrEW8fB+iGInM9WERO3PpzQKO58W11MtgsDg14aw"
    "HDrkQ202HarZAc44Ot88Ic0kkjSinKbGwrsKa9XT9RUdtH3tbDCZ/qZaGWvLJcdi"
    "sK58VKSRK0L/WFEKGPdXQGLbTkYUagP3hBzResCKou9VdUqEGj3LhhQB7Iddqz7/"
    "UMYVhhjqgVrd6XNzCErjKZkHUJeGn1ANp0si/NxVc6kmBFxAK2MwD/UYQkEtzyQF"
    "0KYeYhmxqA8DSY0wTnPW+CB8btKuNOjoprP5z5sROg9GQuLqabYSXO2hbfKDaQAb"
    "XgUTjBxuca2iFN+VhpL+X8A+AcH+UN0WLA5S52vTJ+pXfjpQvTfajVQHXgyxW+X6"
    "p/k8lhJdzjMJMXdbh5jF2hOSb3PC64qEMgIbOOCKkjR7M6qwnpLrEpT4M+Mvusbo"
    "CXWZ2UfELzXvDOnlG2q9JT1V7A3i8CGaPIw6MLAk8dEBnB4fBEzFUUc//BHT";
static const char ecdsa256[] =
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAy"
    "NTYAAABBBKDW+rkpPGgTtdtY/Mj87x7OL1sTheVOFsB5sfSzhX5okTY2NSgCEaQc"
    "7iVXo+96FM2/1HHvA2sXboIw7pE9OnM=";
static const char ecdsa384[] =
    "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAz"
    "ODQAAABhBC3FffB2xCm5wV/+XF/lFccOzp84MvvwlZX+rfw2diAqMSMucGGjWAib"
    "VXUKxaTKorEVoPeO9jg9XA8txUJcpZe9lV4n23p6prB8JAfgl/kNQRlmtU58MaLb"
    "lnr7dPK74Q==";
static const char ecdsa521[] =
    "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1"
    "MjEAAACFBAH5wdOe7N9mudXOzEkrsQixQwN/qFMWpAU9L6Fd17Xob9FRNLp3aTHj"
    "+UEL7tIygOqJ1SU9N3wIE8gqh3hNsoBwTQHhR8ruXQfz7kwvC1AI5575t/BZszyI"
    "+7ZBEQKMSXiL7nD2mcVE7LEMwFxd2ZZ9Rs3Vcry0uDkKMOq4UGpXKEqOqw==";
static const char ed25519[] =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6NVSGRJ1TaZzO99M4uIbzYfE+g"
    "UsoYVA+dU2YSl/ri";

static const struct {
	enum hostkey_kind kind;
	const char *text;
	size_t size;
} good[] = {
    {HOSTKEY_RSA, rsa1024, HOSTKEY_RSA_SIZE},
    {HOSTKEY_RSA, rsa3072, HOSTKEY_RSA_SIZE},
    {HOSTKEY_RSA, rsa4096, HOSTKEY_RSA_SIZE},
    {HOSTKEY_ECDSA, ecdsa256, HOSTKEY_ECDSA_SIZE},
    {HOSTKEY_ECDSA, ecdsa384, HOSTKEY_ECDSA_SIZE},
    {HOSTKEY_ECDSA, ecdsa521, HOSTKEY_ECDSA_SIZE},
    {HOSTKEY_ED25519, ed25519, HOSTKEY_ED25519_SIZE},
};

static void
test_good(void **state)
{
	char key[HOSTKEY_RSA_SIZE];
	char text[2048];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(hostkey_parse(good[i].kind, good[i].text,
				     strlen(good[i].text), key, good[i].size),
		    0);
		assert_string_equal(key, good[i].text);
		/* The comment, and whatever is in it, stays outside. */
		snprintf(
		    text, sizeof text, "\n %s root@\ngpu1 *\n", good[i].text);
		assert_int_equal(hostkey_parse(good[i].kind, text, strlen(text),
				     key, good[i].size),
		    0);
		assert_string_equal(key, good[i].text);
	}
}

/* Each of them cut off anywhere, or taken for another kind. */
static void
test_torn(void **state)
{
	char key[HOSTKEY_RSA_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		for (size_t len = 0; len < strlen(good[i].text); len++)
			assert_int_equal(
			    hostkey_parse(good[i].kind, good[i].text, len, key,
				good[i].size),
			    -EBADMSG);
		for (int kind = 0; kind <= HOSTKEY_ED25519; kind++) {
			if (kind == (int)good[i].kind)
				continue;
			assert_int_equal(
			    hostkey_parse((enum hostkey_kind)kind, good[i].text,
				strlen(good[i].text), key, sizeof key),
			    -EBADMSG);
		}
	}
}

static const struct {
	enum hostkey_kind kind;
	const char *text;
} bad[] = {
    {HOSTKEY_RSA, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQD/////////////////////"
		  "////////////////////////////////////////////////////////////"
		  "////"}, /* 512 bits */
    {HOSTKEY_ED25519,
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAH3h4eHh4eHh4eHh4eHh4eHh4"
	"eHh4eHh4eHh4eHh4eHg="}, /* a byte short */
    {HOSTKEY_ED25519,
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6NVSGRJ1TaZzO99M4uIbzY"
	"fE+gUsoYVA+dU2YSl/riAA=="}, /* a byte behind */
    {HOSTKEY_ED25519,
	"ssh-ed25519 AAAAB3NzaC1yc2EAAAAgeHh4eHh4eHh4eHh4eHh4eHh4eHh4"
	"eHh4eHh4eHh4eHg="}, /* of another type inside */
    {HOSTKEY_RSA, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgP//////////////////////"
		  "////////////////////////////////////////////////////////////"
		  "////////////////////////////////////////////////////////////"
		  "////////////////////////////"}, /* negative */
    {HOSTKEY_RSA, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAggB/////////////////////"
		  "////////////////////////////////////////////////////////////"
		  "////////////////////////////////////////////////////////////"
		  "//////////////////////////////8="}, /* a zero too many */
    {HOSTKEY_ECDSA,
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlz"
	"dHAyNTYAAABBAnh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
	"eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="}, /* compressed */
    {HOSTKEY_ECDSA,
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlz"
	"dHAzODQAAABBBHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
	"eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="}, /* another curve */
    {HOSTKEY_ED25519,
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6NVSGRJ1TaZzO99M4uIbzY"
	"fE+gUsoYVA+dU2YSl/ri="}, /* padding */
    {HOSTKEY_ED25519,
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6NVSGRJ1TaZzO99M4uIbzY"
	"fE+gUsoYVA+dU2YSl/r-"}, /* not base64 */
    {HOSTKEY_ED25519,
	"ssh-dss AAAAC3NzaC1lZDI1NTE5AAAAIL6NVSGRJ1TaZzO99M4uIbzYfE+g"
	"UsoYVA+dU2YSl/ri"},	      /* another type */
    {HOSTKEY_ED25519, "N/A"},	      /* none */
    {HOSTKEY_ED25519, ""},	      /* nothing */
    {HOSTKEY_ED25519, "ssh-ed25519"}, /* no key */
    {HOSTKEY_ED25519,
	"command=x ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6NVSGRJ1TaZz"
	"O99M4uIbzYfE+gUsoYVA+dU2YSl/ri"}, /* an option before it */
    {HOSTKEY_ED25519,
	"@cert-authority * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6NVS"
	"GRJ1TaZzO99M4uIbzYfE+gUsoYVA+dU2YSl/ri"}, /* a marker before it */
    {HOSTKEY_ED25519, "ssh-ed25519 A"},		   /* one digit */
    {HOSTKEY_ED25519, "ssh-ed25519 ===="},	   /* padding alone */
};

static void
test_bad(void **state)
{
	char key[HOSTKEY_RSA_SIZE] = "untouched";

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (hostkey_parse(bad[i].kind, bad[i].text, strlen(bad[i].text),
			key, sizeof key) != -EBADMSG)
			fail_msg("taken: %s", bad[i].text);
	}
	assert_true(hostkey_parse(HOSTKEY_RSA, rsa8192, strlen(rsa8192), key,
			sizeof key) < 0);
	assert_int_equal(
	    hostkey_parse(HOSTKEY_RSA, rsa3072, strlen(rsa3072), key, 100),
	    -EMSGSIZE);
	assert_string_equal(key, "untouched");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_torn),
	    cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("hostkey", tests, NULL, NULL);
}
