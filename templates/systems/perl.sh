{% import "systems/words.sh" as args -%}
{% block configure -%}
perl Makefile.PL{% call args::words(configure) %}{% endcall %}
{% endblock %}
{% block build -%}
make{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
make install{% call args::words(install) %}{% endcall %}
{% endblock %}
