/*
 * What may stand for a host's address in an inventory, ranges included. Used
 * by inventory/hostrange.c alone.
 */
#ifndef CONVECT_INVENTORY_HOSTADDR_H
#define CONVECT_INVENTORY_HOSTADDR_H

#include <stdbool.h>
#include <stddef.h>

bool hostaddr_is_name(const char *text, size_t len);
bool hostaddr_is_ipv4(const char *text, size_t len);
bool hostaddr_is_ipv6(const char *text, size_t len);

#endif
