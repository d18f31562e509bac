/*
 * gsoap <bridge URL> <action> <api_key> [<auth_token>], with the stubs that wsdl2h -c and soapcpp2 -c -C -L make.
 * Prints what the reply decodes to, a line for each value: key=value, key=nil or fault=<faultcode> <faultstring>.
 */
#include "boxnetBinding.nsmap"
#include "soapH.h"

#include <stdio.h>
#include <string.h>

static void show_text(const char *key, const char *value)
{
  printf("%s=%s\n", key, value ? value : "nil");
}

static void show_number(const char *key, LONG64 value)
{
  printf("%s=" SOAP_LONG_FORMAT "\n", key, value);
}

static void show_user(const struct ns1__SOAPUser *user)
{
  if (!user) {
    show_text("user", NULL);
    return;
  }
  show_text("login", user->login);
  show_text("email", user->email);
  show_number("access_id", user->access_USCOREid);
  show_number("user_id", user->user_USCOREid);
  show_number("space_amount", user->space_USCOREamount);
  show_number("space_used", user->space_USCOREused);
  show_number("max_upload_size", user->max_USCOREupload_USCOREsize);
}

static int get_account_info(struct soap *soap, const char *endpoint, char *api_key, char *auth_token)
{
  struct ns1__get_USCOREaccount_USCOREinfoResponse reply;

  if (soap_call_ns1__get_USCOREaccount_USCOREinfo(soap, endpoint, NULL, api_key, auth_token, &reply))
    return soap->error;
  show_text("status", reply.status);
  show_user(reply.user);
  return SOAP_OK;
}

static int get_ticket(struct soap *soap, const char *endpoint, char *api_key)
{
  struct ns1__get_USCOREticketResponse reply;

  if (soap_call_ns1__get_USCOREticket(soap, endpoint, NULL, api_key, &reply))
    return soap->error;
  show_text("status", reply.status);
  show_text("ticket", reply.ticket);
  return SOAP_OK;
}

static int logout(struct soap *soap, const char *endpoint, char *api_key, char *auth_token)
{
  char *status;

  if (soap_call_ns1__logout(soap, endpoint, NULL, api_key, auth_token, &status))
    return soap->error;
  show_text("status", status);
  return SOAP_OK;
}

static int call(struct soap *soap, const char *endpoint, const char *action, char *api_key, char *auth_token)
{
  if (!strcmp(action, "get_ticket"))
    return get_ticket(soap, endpoint, api_key);
  if (!strcmp(action, "logout"))
    return logout(soap, endpoint, api_key, auth_token);
  return get_account_info(soap, endpoint, api_key, auth_token);
}

int main(int argc, char **argv)
{
  char endpoint[1024];
  struct soap *soap = soap_new1(SOAP_C_UTFSTRING);

  if (argc < 4)
    return 2;
  snprintf(endpoint, sizeof endpoint, "%s/api/1.0/soap", argv[1]);
  if (call(soap, endpoint, argv[2], argv[3], argc > 4 ? argv[4] : NULL)) {
    soap_set_fault(soap);
    printf("fault=%s %s\n", *soap_faultcode(soap), *soap_faultstring(soap));
  }
  soap_destroy(soap);
  soap_end(soap);
  soap_free(soap);
  return 0;
}
